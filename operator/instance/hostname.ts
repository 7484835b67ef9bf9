/** The headless Service of a namespace whose VMs have names in DNS, and so a part of those names. */
export const instancesService = 'instances'

/** The name of a VM in the cluster's DNS; the domain of the cluster follows it. */
export const hostnameOf = (name: string, namespace: string): string =>
  `${name}.${instancesService}.${namespace}.svc`

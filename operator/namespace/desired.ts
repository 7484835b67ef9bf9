import { labels, labelValues } from '../api/labels.ts'
import { instancesService } from '../instance/hostname.ts'
import type { Intent, Service } from '../kube/object.ts'

/** What the operator has put on the objects that serve all VMs of a namespace. */
export const namespaceLabels = {
  [labels.name]: labelValues.name,
  [labels.managedBy]: labelValues.managedBy,
}

/**
 * The Service that gives each VM of the namespace its name in DNS: headless, and without ports. A VM has its name as soon as it has
 * an address, for a name is no promise that the guest answers: Services that balance wait for that.
 */
export function nameService(namespace: string): Intent<Service> {
  return {
    metadata: { name: instancesService, namespace, labels: namespaceLabels },
    spec: {
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      ipFamilyPolicy: 'PreferDualStack',
      selector: { [labels.name]: labelValues.name, [labels.managedBy]: labelValues.managedBy },
    },
  }
}

/** Made by an operator, of this or of a former version. */
export const isOfOperator = ({ metadata }: { readonly metadata: Intent<Service>['metadata'] }): boolean =>
  metadata.labels?.[labels.managedBy] === labelValues.managedBy

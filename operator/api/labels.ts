import { group } from './group.ts'

/** Labels on the objects that the operator makes, each with what it is for. Selectors may rely on them. */
export const labels = {
  /** What the object is: `ephemera-vm` on an instance's children, `ephemera-worker` on those of images and snapshots. */
  name: 'app.kubernetes.io/name',
  /** The instance's name, on the instance's children. */
  appInstance: 'app.kubernetes.io/instance',
  /** Always `ephemera`: the operator watches only objects that carry it. */
  managedBy: 'app.kubernetes.io/managed-by',
  /** The instance's name: what Services and NetworkPolicies select one VM by. */
  instance: `${group}/instance`,
  /** The snapshot's name, on what was made for it. */
  snapshot: `${group}/snapshot`,
  /** The instance's name, on the pod that brings a rescue image to its VM, which is not to be taken for the VM's. */
  rescueOf: `${group}/rescue-of`,
  /** The base image's name, on what was made for it. */
  image: `${group}/base-image`,
  /** On copies of an image's claim, and on the pods that make them: the name of that claim. */
  copyOf: `${group}/copy-of`,
  /** On the pods of VMs that keep apart or together: the name of their `placement.group`. */
  group: `${group}/group`,
  /** On the instances of a set, and so on their pods: the set's name. Taken off, the instance leaves the set. */
  set: `${group}/instance-set`,
  /** On the same: `replica` or `spare`. Services select by `replica`, so that no spare is sent traffic. */
  setRole: `${group}/set-role`,
  /** On the same: what template it was made from. */
  templateHash: `${group}/template-hash`,
  /** On the pods of VMs that have security groups: closed, but for what a group opens. */
  secured: `${group}/secured`,
} as const

/** On the pods of VMs that have this security group. */
export const securityGroupLabel = (name: string): string => `security-group.${group}/${name}`

/** Whether a label is one of those. */
export const isSecurityLabel = (label: string): boolean =>
  label === labels.secured || label.startsWith(securityGroupLabel(''))

/** Values of labels that never change. */
export const labelValues = {
  name: 'ephemera-vm',
  worker: 'ephemera-worker',
  managedBy: 'ephemera',
} as const

import { group } from './group.ts'

/** Labels on the objects that the operator makes, each with what it is for. Selectors may rely on them. */
export const labels = {
  /** What the object is: always `ephemera-vm` on an instance's children. */
  name: 'app.kubernetes.io/name',
  /** The instance's name, on the instance's children. */
  appInstance: 'app.kubernetes.io/instance',
  /** Always `ephemera`: the operator watches only objects that carry it. */
  managedBy: 'app.kubernetes.io/managed-by',
  /** The instance's name: what Services and NetworkPolicies select one VM by. */
  instance: `${group}/instance`,
} as const

/** Values of labels that never change. */
export const labelValues = { name: 'ephemera-vm', managedBy: 'ephemera' } as const

/** Annotations on the objects that the operator makes, each with what it is for. */
export const annotations = {
  /** On the pod: the spec.rebuildGeneration that it was built for. */
  rebuildGeneration: `${group}/rebuild-generation`,
  /** On the pod: a hash over the parts of the spec that it was built from; a difference waits for a rebuild. */
  specHash: `${group}/spec-hash`,
  /** On the pod: how many VMs of the instance came before it since the last rebuild. */
  restartsBefore: `${group}/restarts-before`,
  /** On the pod: when the operator made it, with milliseconds. */
  createdAt: `${group}/created-at`,
  /** On the pod: the size that it was built with, as status.resources shows it. */
  size: `${group}/size`,
} as const

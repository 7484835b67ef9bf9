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

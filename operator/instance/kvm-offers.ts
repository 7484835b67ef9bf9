import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import type { Config } from '../config.ts'
import type { Node } from '../kube/object.ts'
import type { Store } from '../kube/store.ts'
import { isCordoned, isUnreachable } from './node-loss.ts'

/** Whether some node that takes pods has the resource. Slots that are taken count: a VM can wait for those. */
export function isKvmOffered(
  { accelerator }: EphemeralInstance['spec'],
  config: Pick<Config, 'kvmResource'>,
  nodes: Store<Node>,
) {
  if (accelerator !== 'Auto' || config.kvmResource === '') return false
  return nodes.list().some((node) => offers(node, config.kvmResource))
}

function offers(node: Node, resource: string): boolean {
  if (isCordoned(node) || isUnreachable(node)) return false
  const amount = node.status?.allocatable?.[resource]
  return amount !== undefined && amount !== '0'
}

import { nodes } from '../../kube/resource.ts'
import { isWorker } from '../../worker/testing/workers.ts'
import { isCordoned } from '../node-loss.ts'
import type { FakeKubelet } from './kubelet.ts'
import type { Lab } from './lab.ts'

/** Worlds whose scheduler heeds the nodes of labs. */
const heeding = new WeakSet<FakeKubelet>()

/** Labs whose workers find no room. */
const full = new Set<string>()

/** The nodes of the lab have no room for workers, or have it again. */
export function withoutRoom(lab: Lab, isFull: boolean): void {
  if (isFull) full.add(lab.name)
  else full.delete(lab.name)
}

/** Gives the lab two nodes of its own, `LAB-a` and `LAB-b`: its pods go to the first that is not cordoned, and wait where both are. */
export async function playNodes(lab: Lab): Promise<void> {
  const { client, world } = lab
  const namesFor = (namespace = '') => ['a', 'b'].map((one) => `${namespace}-${one}`)
  for (const name of namesFor(lab.name)) await client.create(nodes, { metadata: { name } })
  if (heeding.has(world.kubelet)) return
  heeding.add(world.kubelet)
  const { place } = world.kubelet
  world.kubelet.place = async (pod) => {
    if (isWorker(pod) && full.has(pod.metadata.namespace ?? ''))
      return { refusal: '0/2 nodes are available: 2 Insufficient memory.' }
    const names = namesFor(pod.metadata.namespace)
    const found = await Promise.all(names.map((name) => client.find(nodes, { name })))
    const all = found.flatMap((node) => node ?? [])
    if (all.length === 0) return place(pod)
    const open = all.find((node) => !isCordoned(node))
    if (open === undefined) return { refusal: '0/2 nodes are available: 2 node(s) were unschedulable.' }
    return { node: open.metadata.name }
  }
}

/** As `kubectl cordon` does with a node of the lab; not `cordoned`: as `kubectl uncordon`. */
export const cordon =
  (node: 'a' | 'b', cordoned = true) =>
  (lab: Lab) =>
    lab.client.mergePatch(
      nodes,
      { name: `${lab.name}-${node}` },
      { spec: { unschedulable: cordoned ? true : null } },
    )

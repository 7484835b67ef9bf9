import { nodes } from '../../kube/resource.ts'
import { isCordoned } from '../node-loss.ts'
import type { FakeKubelet } from './kubelet.ts'
import type { Lab } from './lab.ts'

/** Worlds whose scheduler heeds the nodes of labs. */
const heeding = new WeakSet<FakeKubelet>()

/** Gives the lab two nodes of its own, `LAB-a` and `LAB-b`: its pods go to the first that is not cordoned, and wait where both are. */
export async function playNodes(lab: Lab): Promise<void> {
  const { client, world } = lab
  const namesFor = (namespace = '') => ['a', 'b'].map((one) => `${namespace}-${one}`)
  for (const name of namesFor(lab.name)) await client.create(nodes, { metadata: { name } })
  if (heeding.has(world.kubelet)) return
  heeding.add(world.kubelet)
  const { place } = world.kubelet
  world.kubelet.place = async (pod) => {
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

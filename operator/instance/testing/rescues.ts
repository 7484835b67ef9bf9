import { pods, secrets } from '../../kube/resource.ts'
import { qemuOf } from '../../snapshot/testing/paths.ts'
import type { Lab } from './lab.ts'
import { name, type Path } from './paths.ts'

/** Pods and Secrets that are there besides the VM's own. */
export async function leftOfRescue(lab: Lab): Promise<string[]> {
  const here = { namespace: lab.name }
  const [left, kept] = await Promise.all([lab.client.list(pods, here), lab.client.list(secrets, here)])
  return [...left.items, ...kept.items]
    .map(({ metadata }) => metadata.name)
    .filter((one) => one !== `${name}-vm`)
}

const rescue = (lab: Lab) => lab.change(name, { spec: { rescue: { claim: 'tools' } } })
const ready = async (lab: Lab) => {
  await lab.addClaim('tools')
  await lab.create(name)
  await lab.phase(name, 'Ready')
}

const isIn = (phase: string) => async (lab: Lab) => {
  const { status, metadata } = (await lab.get(name)) ?? {}
  if (status?.phase !== phase || status.observedGeneration !== metadata?.generation) return false
  return (await leftOfRescue(lab)).length === 0
}

/** All that matters of the end. How often the machine was reset is not: an interrupted reset is done again. */
const print = async (lab: Lab) => {
  const qemu = qemuOf(lab)
  const { status } = (await lab.get(name)) ?? {}
  return {
    phase: status?.phase,
    actions: status?.actions?.map(({ action }) => action),
    restarts: status?.restarts,
    conditions: status?.conditions?.map(({ type, reason }) => `${type} ${reason}`).sort(),
    rescue: status?.rescue?.name,
    drive: qemu?.drive,
    devices: [...(qemu?.devices ?? [])],
    nodes: [...(qemu?.nodes.keys() ?? [])].sort(),
    runState: qemu?.runState,
    booted: qemu?.boots.at(-1),
    podsMade: lab.world.kubelet.made(lab.pod(name)),
  }
}

/** A VM is rescued, and brought back. */
export const rescuePaths: readonly Path[] = [
  { name: 'a VM is rescued', before: ready, act: rescue, settled: isIn('Rescued'), print },
  {
    name: 'a rescued VM is brought back',
    before: async (lab) => {
      await ready(lab)
      await rescue(lab)
      await lab.phase(name, 'Rescued')
    },
    act: (lab) => lab.change(name, { spec: { rescue: null } }),
    settled: isIn('Ready'),
    print,
  },
]

import { pods } from '../../kube/resource.ts'
import type { Lab } from './lab.ts'

/** Numbers between 0 and 1, the same in each run. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648
    return state / 2147483648
  }
}

type Turn = (lab: Lab, name: string) => Promise<unknown>

const restarted =
  (harm: Turn): Turn =>
  async (lab, name) => {
    const before = (await lab.get(name))?.status?.restarts ?? 0
    await harm(lab, name)
    await lab.until(`${name} to be restarted`, async () => {
      const { phase, restarts = 0 } = (await lab.get(name))?.status ?? {}
      return phase === 'Ready' && restarts > before
    })
  }

/** What a running VM may go through; each ends with it Ready. */
const turns: readonly Turn[] = [
  async (lab, name) => {
    const rebuildGeneration = ((await lab.get(name))?.spec.rebuildGeneration ?? 0) + 1
    await lab.change(name, { spec: { rebuildGeneration } })
    await lab.phase(name, 'Ready')
  },
  async (lab, name) => {
    for (const [powerState, phase] of [
      ['Stopped', 'Stopped'],
      ['Running', 'Ready'],
    ] as const) {
      await lab.change(name, { spec: { powerState } })
      await lab.phase(name, phase)
    }
  },
  restarted((lab, name) => lab.client.delete(pods, { namespace: lab.name, name: `${name}-vm` })),
  restarted((lab, name) =>
    lab.world.kubelet.end(lab.pod(name), { exitCode: 1, reason: 'GuestPanicked', message: 'It panicked.' }),
  ),
]

/** One instance from its creation to the end of all that it owned, with some turns of fate in between. */
export async function live(lab: Lab, name: string, random: () => number): Promise<void> {
  await lab.create(name)
  await lab.phase(name, 'Ready')
  for (let turn = 0; turn < 2; turn++) await turns[Math.floor(random() * turns.length)]?.(lab, name)
  await lab.delete(name)
  const target = { namespace: lab.name, name: `${name}-vm` }
  await lab.until(`the pod of ${name} to be gone`, async () => {
    return (await lab.client.find(pods, target)) === undefined
  })
}

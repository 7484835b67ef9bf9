import { test } from 'uvu'
import { snapshots } from '../api/types.ts'
import { pods } from '../kube/resource.ts'
import { wentOnAfter } from '../snapshot/testing/paths.ts'
import { survivesCrashes } from './testing/crashes.ts'
import type { Lab } from './testing/lab.ts'
import { name, type Path } from './testing/paths.ts'

/** From a VM that answers to one that nobody has used for a minute, by the clock of the lab. */
const unused = (onExpiry: 'Stop' | 'SnapshotThenDelete'): Pick<Path, 'before' | 'act'> => ({
  before: async (lab) => {
    await lab.create(name, { onExpiry, expiry: { idleSeconds: 60 } })
    await lab.phase(name, 'Ready')
  },
  act: async (lab) => lab.world.kubelet.vms.idle.set(lab.pod(name), 3600),
})

const podOf = (lab: Lab) => lab.client.find(pods, { namespace: lab.name, name: `${name}-vm` })

const paths: readonly Path[] = [
  {
    name: 'expire as idle, and stop',
    ...unused('Stop'),
    settled: async (lab) =>
      (await lab.get(name))?.status?.phase === 'Expired' && (await podOf(lab)) === undefined,
    print: async (lab) => {
      const { phase, idle, restarts } = (await lab.get(name))?.status ?? {}
      return { phase, limit: idle?.idleSeconds, restarts }
    },
  },
  {
    name: 'expire as idle, and delete with a Snapshot',
    ...unused('SnapshotThenDelete'),
    settled: async (lab) => (await lab.get(name)) === undefined && (await podOf(lab)) === undefined,
    print: async (lab) => {
      const { items } = await lab.client.list(snapshots, { namespace: lab.name })
      const kept = items.map((one) => [one.status?.phase, wentOnAfter(lab, one)])
      return { left: await lab.get(name), kept }
    },
  },
]

survivesCrashes(test, paths)

test.run()

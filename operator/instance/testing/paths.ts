import type { BaseImage } from '../../api/base-image.ts'
import type { InstanceSpec } from '../../api/instance-spec.ts'
import { baseImages, snapshots } from '../../api/types.ts'
import { pods, secrets } from '../../kube/resource.ts'
import { wentOnAfter } from '../../snapshot/testing/paths.ts'
import { fingerprint } from './fingerprint.ts'
import type { Lab } from './lab.ts'

/** The instance of every path. */
export const name = 'web1'

/** One way of an instance, or of another object, from a settled state to the next. */
export type Path = Readonly<{
  name: string
  /** To where the path begins. */
  before?: (lab: Lab) => Promise<unknown>
  /** What somebody does, or what happens. */
  act: (lab: Lab) => Promise<unknown>
  /** Whether the end is reached. */
  settled: (lab: Lab) => Promise<boolean>
  /** All that matters of the end, without what differs from run to run. Default: of the instance. */
  print?: (lab: Lab) => Promise<unknown>
  /** Paths of the writes at which something goes wrong. Default: all. */
  writes?: RegExp
  /** It matters how a VM starts, step by step. Otherwise one is up at once: the steps are written down the same way on every path. */
  showsStart?: boolean
}>

/** A path on which somebody wants something else while no operator runs. */
export type ChangeOfMind = Path &
  Readonly<{
    change: (lab: Lab) => Promise<unknown>
    /** Whether the end is reached after the change. */
    settledAfter: (lab: Lab) => Promise<boolean>
  }>

const ready =
  (spec: Partial<InstanceSpec> = {}) =>
  async (lab: Lab) => {
    await lab.create(name, spec)
    await lab.phase(name, 'Ready')
  }

/** In this phase, for the spec as it is and the pod as it is. */
const is = (phase: string) => async (lab: Lab) => {
  const live = await lab.get(name)
  if (live?.status?.phase !== phase || live.status.observedGeneration !== live.metadata.generation)
    return false
  const pod = await lab.client.find(pods, { namespace: lab.name, name: `${name}-vm` })
  if (['Stopped', 'Expired', 'Shelved'].includes(phase)) return pod === undefined
  if (phase === 'Ready') return pod?.metadata.uid === live.status.podUID && !lab.isPaused(pod)
  return true
}

const paused = async (lab: Lab) => {
  const pod = await lab.client.find(pods, { namespace: lab.name, name: `${name}-vm` })
  return (await is('Paused')(lab)) && lab.isPaused(pod)
}

const allGone = async (lab: Lab) => {
  const here = { namespace: lab.name }
  const [left, kept] = await Promise.all([lab.client.list(pods, here), lab.client.list(secrets, here)])
  return (await lab.get(name)) === undefined && left.items.length + kept.items.length === 0
}

const power = (powerState: InstanceSpec['powerState']) => (lab: Lab) =>
  lab.change(name, { spec: { powerState } })
const rebuild = (lab: Lab) => lab.change(name, { spec: { rebuildGeneration: 1, sshAuthorizedKeys: [] } })
const expire = (lab: Lab) => lab.change(name, { spec: { expiry: { deadline: '2020-01-01T00:00:00Z' } } })
const printOfShelved = async (lab: Lab) => {
  const { phase, shelved, boot, restarts } = (await lab.get(name))?.status ?? {}
  const { items } = await lab.client.list(snapshots, { namespace: lab.name })
  const pod = await lab.client.find(pods, { namespace: lab.name, name: `${name}-vm` })
  return {
    phase,
    restarts,
    boots: boot?.name === shelved?.snapshot ? 'its shelved disk' : boot?.kind,
    isShelved: items.some(({ metadata }) => metadata.name === shelved?.snapshot),
    kept: items.map(({ status }) => status?.phase),
    wentOn: items.some((one) => one.metadata.name === shelved?.snapshot && wentOnAfter(lab, one)),
    isPaused: lab.isPaused(pod),
  }
}
const losePod = (lab: Lab) => lab.client.delete(pods, { namespace: lab.name, name: `${name}-vm` })
const end = (exitCode: number, reason: string) => (lab: Lab) =>
  lab.world.kubelet.end(lab.pod(name), { exitCode, reason, message: `It ended: ${reason}.` })
const missing = { reason: 'BaseImageMissing', message: 'There is no disk image.' }

const other = 'web2'
const withVolumes = {
  volumes: [
    { name: 'data', claim: 'data' },
    { name: 'more', claim: 'archive' },
  ],
}
const addVolumes = async (lab: Lab) => {
  await lab.addClaim('data')
  await lab.addClaim('archive')
}
/** The other VM has one of the volumes. */
const otherReady = async (lab: Lab) => {
  await addVolumes(lab)
  await lab.create(other, { volumes: [{ name: 'data', claim: 'data' }] })
  await lab.phase(other, 'Ready')
}
const phases = async (lab: Lab) => [
  (await lab.get(name))?.status?.phase,
  (await lab.get(other))?.status?.phase,
]

/** A fresh VM in the pod's place. */
const isAnother = (lab: Lab) =>
  is('Ready')(lab).then((yes) => yes && lab.world.kubelet.made(lab.pod(name)) > 1)
const isRestarted = async (lab: Lab) =>
  (await is('Ready')(lab)) && (await lab.get(name))?.status?.restarts === 1
const isRebuilt = async (lab: Lab) =>
  (await is('Ready')(lab)) && (await lab.get(name))?.status?.rebuildGeneration === 1

const raise = (spec: Partial<InstanceSpec>) => (lab: Lab) => lab.change(name, { spec })

/** How often the guest was rebooted or reset, in the one machine that it has. */
async function resets(lab: Lab): Promise<number> {
  const pod = await lab.client.find(pods, { namespace: lab.name, name: `${name}-vm` })
  return lab.world.kubelet.vms.resets(pod?.status?.podIP ?? '')
}
const hasBegunAnew = async (lab: Lab) => (await is('Ready')(lab)) && (await resets(lab)) > 0
const printOfReset = async (lab: Lab) => ({ ...(await fingerprint(lab, name)), resets: await resets(lab) })

/** Every path of the instance controller. */
export const paths: readonly Path[] = [
  { name: 'create', showsStart: true, act: (lab) => lab.create(name), settled: is('Ready') },
  { name: 'rebuild', showsStart: true, before: ready(), act: rebuild, settled: isRebuilt },
  { name: 'stop', before: ready(), act: power('Stopped'), settled: is('Stopped') },
  {
    name: 'start',
    before: async (lab) => {
      await lab.create(name, { powerState: 'Stopped' })
      await lab.phase(name, 'Stopped')
    },
    act: power('Running'),
    settled: is('Ready'),
  },
  { name: 'pause', before: ready(), act: power('Paused'), settled: paused },
  {
    name: 'resume',
    before: async (lab) => {
      await ready()(lab)
      await power('Paused')(lab)
      await lab.phase(name, 'Paused')
    },
    act: power('Running'),
    settled: is('Ready'),
  },
  {
    name: 'expire, and stop',
    before: ready(),
    act: expire,
    settled: is('Expired'),
  },
  {
    name: 'expire, and delete',
    before: ready({ onExpiry: 'Delete', expiry: { ttlSeconds: 1e8 } }),
    act: expire,
    settled: allGone,
  },
  {
    name: 'expire, and delete with a Snapshot',
    before: ready({ onExpiry: 'SnapshotThenDelete', expiry: { ttlSeconds: 1e8 } }),
    act: expire,
    settled: allGone,
    print: async (lab) => {
      const { items } = await lab.client.list(snapshots, { namespace: lab.name })
      return { left: await lab.get(name), kept: items.map(({ status }) => status?.phase) }
    },
  },
  {
    name: 'reset',
    before: ready(),
    act: raise({ resetGeneration: 1 }),
    settled: hasBegunAnew,
    print: printOfReset,
  },
  {
    name: 'reboot',
    before: ready(),
    act: raise({ rebootGeneration: 1 }),
    settled: hasBegunAnew,
    print: printOfReset,
  },
  {
    name: 'guest reboot under Never and Rebuild',
    before: ready({ restartPolicy: 'Never', onGuestReboot: 'Rebuild' }),
    act: end(0, 'GuestRebooted'),
    settled: isAnother,
  },
  {
    name: 'shelve',
    before: ready(),
    act: power('Shelved'),
    settled: is('Shelved'),
    print: printOfShelved,
  },
  {
    name: 'unshelve',
    before: async (lab) => {
      await ready()(lab)
      await power('Shelved')(lab)
      await lab.phase(name, 'Shelved')
    },
    act: power('Running'),
    settled: is('Ready'),
    print: printOfShelved,
  },
  {
    name: 'no room for the overlay',
    before: ready(),
    act: (lab) => lab.world.kubelet.fill(lab.pod(name)),
    settled: is('Stalled'),
  },
  {
    name: 'room for the overlay again',
    before: async (lab) => {
      await ready()(lab)
      await lab.world.kubelet.fill(lab.pod(name))
      await lab.phase(name, 'Stalled')
    },
    act: async (lab) => lab.world.kubelet.trouble(lab.pod(name), undefined),
    settled: is('Ready'),
  },
  { name: 'pod lost', before: ready(), act: losePod, settled: isAnother },
  {
    name: 'pod lost under Never',
    before: ready({ restartPolicy: 'Never' }),
    act: losePod,
    settled: is('Failed'),
  },
  {
    name: 'pod evicted',
    before: ready(),
    act: (lab) => lab.world.kubelet.evict(lab.pod(name)),
    settled: isAnother,
  },
  {
    name: 'power-off under Always',
    before: ready(),
    act: end(0, 'GuestShutdown'),
    settled: isRestarted,
  },
  {
    name: 'power-off under Never',
    before: ready({ restartPolicy: 'Never' }),
    act: end(0, 'GuestShutdown'),
    settled: is('Succeeded'),
  },
  {
    name: 'power-off under OnFailure',
    before: ready({ restartPolicy: 'OnFailure' }),
    act: end(0, 'GuestShutdown'),
    settled: is('Succeeded'),
  },
  {
    name: 'panic under Never',
    before: ready({ restartPolicy: 'Never' }),
    act: end(1, 'GuestPanicked'),
    settled: is('Failed'),
  },
  {
    name: 'panic under OnFailure',
    before: ready({ restartPolicy: 'OnFailure' }),
    act: end(1, 'GuestPanicked'),
    settled: isRestarted,
  },
  { name: 'stall', act: (lab) => lab.create(name, { boot: { claim: 'later' } }), settled: is('Stalled') },
  {
    name: 'heal',
    before: async (lab) => {
      await lab.create(name, { boot: { claim: 'later' } })
      await lab.phase(name, 'Stalled')
    },
    act: (lab) => lab.addClaim('later'),
    settled: is('Ready'),
  },
  {
    name: 'wait for an image',
    before: async (lab) => {
      await lab.create(name, { boot: { image: 'debian' } })
      await lab.phase(name, 'Stalled')
    },
    act: (lab) =>
      lab.client.create(baseImages, {
        metadata: { name: 'debian', namespace: lab.name },
        spec: { source: { claim: { name: 'tiny' } } },
      } as unknown as BaseImage),
    settled: async (lab) =>
      (await is('Ready')(lab)) &&
      (await lab.client.get(baseImages, { name: 'debian', namespace: lab.name })).status?.usedByCount === 1,
    print: async (lab) => {
      const { phase, boot, restarts } = (await lab.get(name))?.status ?? {}
      return { phase, restarts, boots: boot?.name, podsMade: lab.world.kubelet.made(lab.pod(name)) }
    },
  },
  {
    name: 'create with volumes',
    before: addVolumes,
    act: (lab) => lab.create(name, withVolumes),
    settled: is('Ready'),
  },
  {
    name: 'a volume is handed over',
    before: async (lab) => {
      await otherReady(lab)
      await lab.create(name, withVolumes)
      await lab.reason(name, 'Active', 'VolumeInUse')
    },
    act: (lab) => lab.change(other, { spec: { powerState: 'Stopped' } }),
    settled: is('Ready'),
    print: phases,
  },
  {
    name: 'stall in the pod',
    before: async (lab) => lab.world.kubelet.trouble(lab.pod(name), missing),
    act: (lab) => lab.create(name),
    settled: is('Stalled'),
  },
  {
    name: 'heal in the pod',
    before: async (lab) => {
      lab.world.kubelet.trouble(lab.pod(name), missing)
      await lab.create(name)
      await lab.phase(name, 'Stalled')
    },
    act: async (lab) => lab.world.kubelet.trouble(lab.pod(name), undefined),
    settled: is('Ready'),
  },
  { name: 'delete', before: ready(), act: (lab) => lab.delete(name), settled: allGone },
  {
    name: 'delete and make again at once',
    before: ready(),
    act: async (lab) => {
      await lab.delete(name)
      await lab.create(name)
    },
    settled: isAnother,
  },
]

/** Paths that are left half-way, or just after their end, for another one. */
export const changesOfMind: readonly ChangeOfMind[] = [
  {
    name: 'create, then delete',
    showsStart: true,
    act: (lab) => lab.create(name),
    settled: is('Ready'),
    change: (lab) => lab.delete(name),
    settledAfter: allGone,
  },
  {
    name: 'pause, then run',
    before: ready(),
    act: power('Paused'),
    settled: paused,
    change: power('Running'),
    settledAfter: is('Ready'),
  },
  {
    name: 'stop, then run',
    before: ready(),
    act: power('Stopped'),
    settled: is('Stopped'),
    change: power('Running'),
    settledAfter: is('Ready'),
  },
  {
    name: 'stop under Never, then run',
    before: ready({ restartPolicy: 'Never' }),
    act: power('Stopped'),
    settled: is('Stopped'),
    // A pod that was told to go is gone by then; one that was not yet stays.
    change: async (lab) => {
      const pod = () => lab.world.kubelet.store.getByKey(lab.pod(name))
      await lab.until('the pod to be gone', () => pod()?.metadata.deletionTimestamp === undefined)
      await power('Running')(lab)
    },
    settledAfter: is('Ready'),
  },
  {
    name: 'rebuild, then delete and make again',
    before: ready(),
    act: rebuild,
    settled: isRebuilt,
    change: async (lab) => {
      await lab.delete(name)
      await lab.create(name)
    },
    settledAfter: is('Ready'),
  },
]

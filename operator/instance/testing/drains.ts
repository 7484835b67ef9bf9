import type { InstanceSpec } from '../../api/instance-spec.ts'
import { snapshots } from '../../api/types.ts'
import { podDisruptionBudgets, pods, resourcePath, secrets } from '../../kube/resource.ts'
import { contentName } from '../../snapshot/children.ts'
import { wentOnAfter } from '../../snapshot/testing/paths.ts'
import type { Lab } from './lab.ts'
import { type ChangeOfMind, name, type Path } from './paths.ts'
import { cordon, playNodes, withoutRoom } from './played-nodes.ts'

const target = (lab: Lab) => ({ namespace: lab.name, name: `${name}-vm` })
const podOf = (lab: Lab) => lab.client.find(pods, target(lab))
const kept = async (lab: Lab) => (await lab.client.list(snapshots, { namespace: lab.name })).items

/** As `kubectl drain` does; never the pod that comes after the one that it found. */
async function evict(lab: Lab, uid: string | undefined): Promise<void> {
  const path = resourcePath(pods, { ...target(lab), subresource: 'eviction' })
  const body = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: target(lab),
    deleteOptions: { preconditions: { uid } },
  }
  await lab.client.request({ method: 'POST', path, body })
}

/**
 * A drain that goes on by itself: the node is cordoned, and the pod that it had is evicted as soon as no budget is against it. What it
 * comes to is seen by the state of the world.
 */
async function drain(lab: Lab): Promise<void> {
  const uid = (await podOf(lab))?.metadata.uid
  await cordon('a')(lab)
  const isGone = async () => {
    if ((await podOf(lab))?.metadata.uid !== uid) return true
    await evict(lab, uid).catch(() => undefined)
    return false
  }
  void lab.until('the drain to be over', isGone).catch(() => undefined)
}

const ready =
  (spec: Partial<InstanceSpec> = {}) =>
  async (lab: Lab) => {
    await playNodes(lab)
    await lab.create(name, { eviction: 'SnapshotThenRecreate', ...spec })
    await lab.phase(name, 'Ready')
    await lab.until('the budget', () => hasBudget(lab).then((yes) => yes === (spec.eviction !== 'Recreate')))
  }

const hasBudget = async (lab: Lab) => (await lab.client.find(podDisruptionBudgets, target(lab))) !== undefined

/** It runs on this node, and nothing is left to be done for it. */
const isReadyOn =
  (node: 'a' | 'b', withItsDisk = true) =>
  async (lab: Lab): Promise<boolean> => {
    const { status, metadata } = (await lab.get(name)) ?? {}
    const pod = await podOf(lab)
    if (status?.phase !== 'Ready' || status.observedGeneration !== metadata?.generation) return false
    if (pod?.metadata.uid !== status.podUID || pod?.spec.nodeName !== `${lab.name}-${node}`) return false
    const disks = (await kept(lab)).map((one) => one.metadata.name)
    return withItsDisk
      ? disks.length === 1 && disks[0] === status.boot?.name && (await hasBudget(lab))
      : disks.length === 0
  }

/** Cordons the node of the VM, whose disk begins to be copied and does not get on. Gives the key of the worker that is held. */
export async function cordonHalfway(lab: Lab): Promise<string> {
  const { kubelet } = lab.world
  withoutRoom(lab, true)
  await cordon('a')(lab)
  const first = await lab.until('the Snapshot', async () => (await kept(lab))[0])
  const worker = `${lab.name}/${contentName(first)}`
  kubelet.holdAt(worker, 'running')
  withoutRoom(lab, false)
  await lab.until('the moment to be fixed', async () => (await kept(lab))[0]?.status?.takenAt !== undefined)
  await lab.until('the guest to stand still', async () => lab.isPaused(await podOf(lab)))
  return worker
}

const isIn = (phase: string, reason: string) => async (lab: Lab) => {
  const { status } = (await lab.get(name)) ?? {}
  const isSaid = status?.conditions?.some((one) => one.type === 'DrainBlocked' && one.reason === reason)
  return status?.phase === phase && isSaid === true
}

/** The UID of the Snapshot of the drain that was called off. */
const firstDisks = new WeakMap<Lab, string | undefined>()

/** There is another Snapshot, and that one is gone. */
async function isOfNow(lab: Lab): Promise<boolean> {
  const [only, ...more] = await kept(lab)
  return more.length === 0 && only?.metadata.uid !== firstDisks.get(lab)
}

/** All that matters of the end: which Snapshot it is, and which pod, differs from run to run. */
async function print(lab: Lab): Promise<unknown> {
  const { status, metadata } = (await lab.get(name)) ?? {}
  const pod = await podOf(lab)
  const secret = await lab.client.find(secrets, target(lab))
  const disks = await kept(lab)
  const metaData = Buffer.from(secret?.data?.['meta-data'] ?? '', 'base64').toString()
  return {
    phase: status?.phase,
    restarts: status?.restarts,
    conditions: status?.conditions?.map(({ type, status: is, reason }) => `${type} ${is} ${reason}`).sort(),
    // Whether a Snapshot is there, or has failed, before the pause is written down is up to who is faster.
    actions: status?.actions?.map(({ action }) => action).filter((one) => !/Pause|Resume/.test(one)),
    boots: status?.boot?.name === status?.shelved?.snapshot ? 'its disk' : status?.boot?.kind,
    disks: disks.map((one) => [one.status?.phase, one.metadata.name === status?.shelved?.snapshot]),
    // Of the disk that it has: what its guest wrote after the moment would be lost.
    wentOn: disks.some((one) => one.metadata.name === status?.shelved?.snapshot && wentOnAfter(lab, one)),
    node: pod?.spec.nodeName?.replace(lab.name, 'LAB'),
    isGoing: pod?.metadata.deletionTimestamp !== undefined,
    isPaused: lab.isPaused(pod),
    hasBudget: await hasBudget(lab),
    seed: metaData.replaceAll(metadata?.uid ?? '', 'UID'),
    podsMade: lab.world.kubelet.made(lab.pod(name)),
  }
}

/** The writes of the drain itself; those of a Snapshot that is taken are another suite's. */
const writes =
  /\/(ephemeralinstances|poddisruptionbudgets|secrets)\/|\/(pods\/web1-vm|snapshots|pods)(\/web1-[0-9a-f]{8})?$/

/** Those by which Snapshots come and go. */
const ofSnapshots = /\/snapshots(\/web1-[0-9a-f]{8})?$/

/** Drains of a VM that leaves with its disk, or would: all that the way writes is in one of them. */
export const travelPaths: readonly Path[] = [
  {
    name: 'a drained VM leaves with its disk',
    before: ready(),
    act: drain,
    settled: isReadyOn('b'),
    print,
    writes,
  },
  {
    name: 'the disk of the drain before is let go after the next',
    before: async (lab) => {
      await ready()(lab)
      await cordon('a')(lab)
      await lab.until('the first drain', () => isReadyOn('b')(lab))
      await cordon('a', false)(lab)
    },
    act: cordon('b'),
    settled: isReadyOn('a'),
    print,
    writes: ofSnapshots,
  },
  {
    name: 'a VM that went on after a drain was called off leaves with the disk that it has at the next',
    before: async (lab) => {
      await ready()(lab)
      await cordonHalfway(lab)
      firstDisks.set(lab, (await kept(lab))[0]?.metadata.uid)
      await cordon('a', false)(lab)
      await lab.until('the guest to go on', async () => !lab.isPaused(await podOf(lab)))
    },
    act: cordon('a'),
    settled: async (lab) => (await isReadyOn('b')(lab)) && (await isOfNow(lab)),
    print: async (lab) => [await print(lab), await isOfNow(lab)],
    writes,
  },
  {
    name: 'a drained VM whose disk cannot be kept stays',
    before: async (lab) => {
      await ready()(lab)
      const qemu = lab.world.kubelet.vms.qemu((await podOf(lab))?.status?.podIP ?? '')
      if (qemu !== undefined) qemu.isBroken = true
    },
    act: cordon('a'),
    settled: async (lab) => (await isIn('Stalled', 'NotKept')(lab)) && !lab.isPaused(await podOf(lab)),
    print,
    writes,
  },
]

/** Every kind of drain. */
export const drainPaths: readonly Path[] = [
  ...travelPaths,
  {
    name: 'a VM leaves a cordoned node, and nobody evicts it',
    before: ready(),
    act: cordon('a'),
    settled: isReadyOn('b'),
    print,
    writes,
  },
  {
    name: 'a drained VM that writes a volume leaves with its disk',
    before: async (lab) => {
      await lab.addClaim('data')
      await ready({ volumes: [{ name: 'data', claim: 'data' }] })(lab)
    },
    act: drain,
    settled: isReadyOn('b'),
    print,
    writes,
  },
  {
    name: 'a drained VM that is thrown away starts afresh elsewhere',
    before: ready({ eviction: 'Recreate' }),
    act: drain,
    settled: isReadyOn('b', false),
    print,
    writes,
  },
  {
    name: 'a VM that blocks says so',
    before: ready({ eviction: 'Block' }),
    act: cordon('a'),
    settled: isIn('Ready', 'NodeCordoned'),
    print,
    writes,
  },
  {
    name: 'a VM that blocked is let go',
    before: async (lab) => {
      await ready({ eviction: 'Block' })(lab)
      await cordon('a')(lab)
      await lab.reason(name, 'DrainBlocked', 'NodeCordoned')
    },
    act: async (lab) => {
      await lab.change(name, { spec: { eviction: 'Recreate' } })
      await drain(lab)
    },
    settled: isReadyOn('b', false),
    print,
    writes,
  },
]

/** A drain that is left half-way, for what somebody wants more. */
export const drainChanges: readonly ChangeOfMind[] = [
  {
    name: 'drain, then uncordon',
    before: ready(),
    act: cordon('a'),
    writes,
    settled: isReadyOn('b'),
    change: cordon('a', false),
    // Where it stayed nothing is left of its Snapshot; where it was about to leave it comes back, or goes on, with its disk.
    settledAfter: async (lab) => {
      const stayed = (await isReadyOn('a', false)(lab)) && !lab.isPaused(await podOf(lab))
      return stayed || (await isReadyOn('a')(lab)) || (await isReadyOn('b')(lab))
    },
  },
  {
    name: 'drain, then rebuild',
    before: ready(),
    act: cordon('a'),
    writes,
    settled: isReadyOn('b'),
    change: (lab) => lab.change(name, { spec: { rebuildGeneration: 1 } }),
    settledAfter: async (lab) => {
      const { status } = (await lab.get(name)) ?? {}
      const isFresh = status?.rebuildGeneration === 1 && status.boot?.kind === 'PersistentVolumeClaim'
      return isFresh && isReadyOn('b', false)(lab)
    },
  },
]

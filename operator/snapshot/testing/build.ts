import type { Snapshot, SnapshotStatus } from '../../api/snapshot.ts'
import type { SnapshotSpec } from '../../api/snapshot-spec.ts'
import { ago, answering, config, instance, now, onNode, podOf } from '../../instance/testing/build.ts'
import type { Intent, KubeObject, PersistentVolumeClaim, Pod } from '../../kube/object.ts'
import { completeWords } from '../../worker/testing/pods.ts'
import { contentName, snapshotFinalizer } from '../children.ts'
import { contentClaim, contentWorker } from '../desired.ts'
import type { BlockGraph } from '../disk/graph.ts'
import { blockNames } from '../disk/names.ts'
import type { DiskView, Observed } from '../observed.ts'

export { ago, config, now } from '../../instance/testing/build.ts'

type Meta = Partial<KubeObject['metadata']>

/** A snapshot `golden` of `web1` with its finalizer, some of it changed. */
export function snapshot(
  spec: Partial<SnapshotSpec> = {},
  status?: SnapshotStatus,
  metadata: Meta = {},
): Snapshot {
  return {
    apiVersion: 'ephemera.dev/v1alpha1',
    kind: 'Snapshot',
    metadata: {
      name: 'golden',
      namespace: 'lab',
      uid: 'uid-golden',
      generation: 1,
      resourceVersion: '1',
      creationTimestamp: ago(60),
      finalizers: [snapshotFinalizer],
      ...metadata,
    },
    spec: { instance: 'web1', quiesce: 'Auto', deadlineSeconds: 3600, retain: false, ...spec },
    ...(status === undefined ? {} : { status }),
  }
}

/** The VM of `web1`, running. */
export const vm: Pod = onNode(podOf(instance(), answering))

const source = { instanceUID: 'uid-web1', podName: 'web1-vm', podUID: 'uid-pod', disk: '1Gi' }

/** What the status says once it is settled which VM the snapshot is of. */
export const pinned: SnapshotStatus = { phase: 'Pending', source, claim: contentName(snapshot()) }
const condition = (type: string, status: 'True' | 'False', reason: string, message = 'so it is') => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: ago(10),
})
/** Of one that keeps a VM, once all is there but that the VM stands still. */
export const awaitingPause: SnapshotStatus = {
  ...pinned,
  conditions: [condition('Ready', 'False', 'AwaitsPause')],
}
/** Once the moment is fixed. */
export const taken: SnapshotStatus = {
  ...pinned,
  phase: 'Snapshotting',
  takenAt: ago(30),
  quiesced: false,
  guestPauseMs: 2,
}
/** Once it can be booted, everything cleaned up. */
export const ready: SnapshotStatus = {
  ...taken,
  phase: 'Ready',
  sha256: completeWords.sha256,
  conditions: [condition('Ready', 'True', 'Taken')],
}
/** Once it has failed, everything cleaned up. */
export const over: SnapshotStatus = {
  ...pinned,
  phase: 'Failed',
  conditions: [condition('Ready', 'False', 'SourceLost'), condition('Stalled', 'True', 'SourceLost')],
}
/** The same, with something left to take away. */
export const unclean = (status: SnapshotStatus): SnapshotStatus => ({
  ...status,
  conditions: [...(status.conditions ?? []), condition('Reconciling', 'True', 'CleaningUp')],
})

const made = <T extends KubeObject>(kind: string, intent: Intent<T>, more: object): T =>
  ({
    apiVersion: 'v1',
    kind,
    ...intent,
    metadata: { ...intent.metadata, uid: `uid-${kind}` },
    ...more,
  }) as never

/** The claim of the snapshot. */
export const claim: PersistentVolumeClaim = made(
  'PersistentVolumeClaim',
  contentClaim(snapshot({}, pinned)),
  {
    status: { phase: 'Bound' },
  },
)

type PodStatus = NonNullable<Pod['status']>

/** The worker of the snapshot, with this status of the kubelet's. */
export const worker = (status: Partial<PodStatus>): Pod =>
  made('Pod', contentWorker(snapshot({}, taken), { address: '10.0.0.7', secondsLeft: 60, config }), {
    status,
  })

const container = { name: 'worker', image: '', imageID: '', ready: false, restartCount: 0 }
export const working = worker({
  phase: 'Running',
  containerStatuses: [{ ...container, state: { running: { startedAt: ago(10) } } }],
})
/** A worker that ended so long ago with this exit code and these last words. */
export function endedWorker(exitCode: number, words: object, seconds = 60): Pod {
  const terminated = { exitCode, message: JSON.stringify(words), finishedAt: ago(seconds) }
  const phase = exitCode === 0 ? 'Succeeded' : 'Failed'
  return worker({ phase, containerStatuses: [{ ...container, state: { terminated } }] })
}

const names = blockNames('uid-golden')
/** QEMU with the moment of the snapshot, all of it or some. */
export function disk(change: Partial<BlockGraph> = {}, isBroken = false): DiskView {
  const graph: BlockGraph = {
    drive: names.filter,
    nodes: [],
    exports: [{ id: names.export, isGoing: false }],
    jobs: [],
    ...change,
  }
  return { kind: 'seen', graph, isBroken }
}

/** What was observed, all in order but for what is given. */
export function observed(of: Partial<Observed> & Pick<Observed, 'snapshot'>): Observed {
  return {
    instance: instance(),
    vm,
    claim,
    worker: undefined,
    state: undefined,
    disk: { kind: 'unasked' },
    ahead: undefined,
    others: [],
    users: [],
    lineage: [],
    copies: [],
    inheritedMemory: undefined,
    now,
    ...of,
  }
}

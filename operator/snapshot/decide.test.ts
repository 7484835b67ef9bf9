import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { annotations } from '../api/annotations.ts'
import { answering, booted, instance, onNode, podOf, terminating } from '../instance/testing/build.ts'
import { completeWords } from '../worker/testing/pods.ts'
import { decide } from './decide.ts'
import { lastSnapshotOf } from './keep.ts'
import type { Observed } from './observed.ts'
import {
  ago,
  claim,
  disk,
  endedWorker,
  observed,
  over,
  pinned,
  ready,
  snapshot,
  taken,
  unclean,
  vm,
  worker,
  working,
} from './testing/build.ts'
import type { Verdict } from './verdict.ts'

type Row = Readonly<{
  name: string
  of: Partial<Observed> & Pick<Observed, 'snapshot'>
  want: { [Key in 'phase' | 'reason' | 'action' | 'end' | 'progress']?: Verdict[Key] | undefined }
  message?: RegExp
}>

const active = (reason: string) =>
  ({ type: 'Active', status: 'False', reason, message: 'so it is', lastTransitionTime: ago(5) }) as const
const gone = { deletionTimestamp: ago(5) }
const lost = { exitCode: 1, words: { reason: 'SourceLost', message: 'The source broke off.' } }
const sourceLost = endedWorker(lost.exitCode, lost.words)
/** Its record says nothing of snapshots. */
const olderVm = JSON.parse(JSON.stringify(vm).replace(/\\"fleeceBytes\\":\d+,/, ''))
/** Its disk is kept for the next node, and its pod is about to go. */
const relocating = instance({}, { podUID: 'uid-pod', conditions: [active('Relocating')] })
/** The instance, paused or about to be, in a start of its pod. */
const still = (reason: string, restarts = 0) =>
  instance({}, { podUID: 'uid-pod', restarts, conditions: [{ ...active(reason), status: 'True' }] })
const keeps = (generation: number) => ({ [annotations.keeps]: String(generation) })
/** A snapshot that keeps the VM before it goes, with all ready for its moment. */
const keeper = (metadata = {}) =>
  snapshot({}, pinned, { ...lastSnapshotOf(still('Running'), '').metadata, ...metadata })
const unschedulable = worker({
  phase: 'Pending',
  conditions: [{ type: 'PodScheduled', status: 'False', message: 'no node fits' }],
})
const waiting: readonly Row[] = [
  {
    name: 'nothing is made before the finalizer is there',
    of: { snapshot: snapshot({}, undefined, { finalizers: [] }) },
    want: { phase: 'Pending', action: 'protect' },
  },
  {
    name: 'an instance that does not exist is waited for',
    of: { snapshot: snapshot(), instance: undefined, vm: undefined },
    want: { phase: 'Pending', reason: 'InstanceNotFound', action: undefined },
  },
  {
    name: 'a VM that does not run is waited for',
    of: { snapshot: snapshot(), vm: podOf(instance()) },
    want: { phase: 'Pending', reason: 'InstanceNotRunning' },
  },
  {
    name: 'a VM that is going is not begun with',
    of: { snapshot: snapshot(), vm: terminating(vm) },
    want: { phase: 'Pending', reason: 'InstanceNotRunning' },
  },
  {
    name: 'a VM that leaves a drained node is begun with where it comes to',
    of: { snapshot: snapshot(), instance: relocating },
    want: { phase: 'Pending', reason: 'InstanceNotRunning', action: undefined },
  },
  {
    name: 'snapshots of one VM take turns',
    of: { snapshot: snapshot(), ahead: 'silver' },
    want: { phase: 'Pending', reason: 'Queued' },
    message: /Snapshot silver/,
  },
  {
    name: 'the VM is settled on before anything is done in it',
    of: { snapshot: snapshot() },
    want: { phase: 'Pending', reason: 'Preparing', action: undefined },
  },
  {
    name: 'the deadline ends all waiting, and says what was waited for',
    of: { snapshot: snapshot({ deadlineSeconds: 50 }), instance: undefined },
    want: { phase: 'Failed', reason: 'DeadlineExceeded', end: 'failed' },
  },
  {
    name: 'a VM of an older operator cannot be snapshotted',
    of: { snapshot: snapshot(), vm: olderVm },
    want: { phase: 'Failed', reason: 'InstanceTooOld' },
    message: /rebuild the instance/,
  },
]

const atWork: readonly Row[] = [
  {
    name: 'the claim comes first',
    of: { snapshot: snapshot({}, { ...pinned, claim: undefined }), claim: undefined },
    want: { action: 'createClaim' },
  },
  {
    name: 'then the worker',
    of: { snapshot: snapshot({}, pinned) },
    want: { phase: 'Pending', reason: 'Preparing', action: 'createWorker' },
  },
  {
    name: 'the moment waits for a worker that has not started',
    of: { snapshot: snapshot({}, pinned), worker: worker({ phase: 'Pending' }) },
    want: { phase: 'Pending', reason: 'Preparing', action: undefined },
  },
  {
    name: 'and for one that no node takes',
    of: { snapshot: snapshot({}, pinned), worker: unschedulable },
    want: { phase: 'Pending', reason: 'Unschedulable', action: undefined },
    message: /no node fits/,
  },
  {
    name: 'and for one that is going',
    of: {
      snapshot: snapshot({}, pinned),
      worker: { ...working, metadata: { ...working.metadata, ...gone } },
    },
    want: { phase: 'Pending', action: undefined },
  },
  {
    name: 'once the worker runs, the moment is fixed',
    of: { snapshot: snapshot({}, pinned), worker: working },
    want: { phase: 'Pending', action: 'take' },
  },
  {
    name: 'that of a VM that is kept waits until it stands still',
    of: { snapshot: keeper(), worker: working },
    want: { phase: 'Pending', reason: 'AwaitsPause', action: undefined },
  },
  {
    name: 'and longer while that is only about to come',
    of: { snapshot: keeper(), worker: working, instance: still('Pausing') },
    want: { reason: 'AwaitsPause', action: undefined },
  },
  {
    name: 'then it is fixed',
    of: { snapshot: keeper(), worker: working, instance: still('Paused') },
    want: { phase: 'Pending', action: 'take' },
  },
  {
    name: 'for a pause that was for something else it is not',
    of: { snapshot: keeper({ name: 'web1-of-before' }), worker: working, instance: still('Paused') },
    want: { reason: 'AwaitsPause', action: undefined },
  },
  {
    name: 'nor for one in a former start of the same pod',
    of: { snapshot: keeper(), worker: working, instance: still('Paused', 1) },
    want: { reason: 'AwaitsPause', action: undefined },
  },
  {
    name: 'an instance whose cache lags has not thought better of it',
    of: { snapshot: keeper({ annotations: keeps(2) }), worker: working },
    want: { reason: 'AwaitsPause', action: undefined },
  },
  {
    name: 'where the VM is not to be kept any more, it is a snapshot like any other',
    of: { snapshot: keeper({ annotations: keeps(0) }), worker: working },
    want: { action: 'take' },
  },
  {
    name: 'a moment that nobody wrote down is asked for again before its image is Ready',
    of: { snapshot: snapshot({}, pinned), worker: endedWorker(0, completeWords) },
    want: { phase: 'Pending', action: 'take' },
  },
  {
    name: 'a worker that failed before the moment gives way to another',
    of: { snapshot: snapshot({}, pinned), worker: sourceLost },
    want: { phase: 'Pending', action: 'removeWorker' },
    message: /another one follows/,
  },
  {
    name: 'a VM that is going before the moment is lost',
    of: { snapshot: snapshot({}, pinned), vm: terminating(vm), worker: working },
    want: { reason: 'SourceLost' },
    message: /is going/,
  },
  {
    name: 'a moment that is not exported is exported',
    of: { snapshot: snapshot({}, taken), disk: disk({ exports: [] }) },
    want: { phase: 'Snapshotting', action: 'take' },
  },
  {
    name: 'an exported moment without a worker gets one',
    of: { snapshot: snapshot({}, taken), disk: disk() },
    want: { phase: 'Snapshotting', action: 'createWorker' },
  },
  {
    name: 'a worker at work is left alone, and its progress told',
    of: {
      snapshot: snapshot({}, taken),
      worker: working,
      state: { phase: 'Downloading', reason: '', message: '', progress: 50, bytes: 1, totalBytes: 2 },
    },
    want: { phase: 'Snapshotting', reason: 'Copying', action: undefined, progress: 30 },
  },
  {
    name: 'a worker without a node is said to have none',
    of: {
      snapshot: snapshot({}, taken),
      worker: unschedulable,
    },
    want: { phase: 'Snapshotting', reason: 'Unschedulable' },
    message: /no node fits/,
  },
  {
    name: 'a worker that made the whole disk makes it Ready',
    of: { snapshot: snapshot({}, taken), worker: endedWorker(0, completeWords) },
    want: { phase: 'Ready', reason: 'Taken', end: 'ready', progress: 100 },
  },
  {
    name: 'what is complete is Ready, though the VM is gone by now',
    of: {
      snapshot: snapshot({}, taken),
      worker: endedWorker(0, completeWords),
      vm: undefined,
      instance: undefined,
    },
    want: { phase: 'Ready', end: 'ready' },
  },
  {
    name: 'what is complete is Ready, though the deadline is over by now',
    of: { snapshot: snapshot({ deadlineSeconds: 50 }, taken), worker: endedWorker(0, completeWords) },
    want: { phase: 'Ready', end: 'ready' },
  },
  {
    name: 'an image smaller than the disk is none',
    of: { snapshot: snapshot({}, taken), worker: endedWorker(0, { ...completeWords, virtualSize: 65536 }) },
    want: { reason: 'ImageIncomplete', end: 'failed' },
  },
  {
    name: 'an image of another format is none',
    of: { snapshot: snapshot({}, taken), worker: endedWorker(0, { ...completeWords, format: 'raw' }) },
    want: { reason: 'ImageIncomplete', end: 'failed' },
  },
  {
    name: 'a worker that lost the source gives way to another while the moment exists',
    of: { snapshot: snapshot({}, taken), worker: sourceLost, disk: disk() },
    want: { phase: 'Snapshotting', action: 'removeWorker' },
  },
  {
    name: 'but not at once',
    of: { snapshot: snapshot({}, taken), worker: endedWorker(1, lost.words, 1), disk: disk() },
    want: { phase: 'Snapshotting', action: undefined },
  },
  {
    name: 'a worker that was lost gives way to another',
    of: {
      snapshot: snapshot({}, taken),
      worker: worker({ phase: 'Failed', reason: 'Evicted', message: 'low on memory' }),
      disk: disk(),
    },
    want: { phase: 'Snapshotting', action: 'removeWorker' },
  },
  {
    name: 'a worker that is deleted is waited for',
    of: { snapshot: snapshot({}, taken), worker: { ...working, metadata: { ...working.metadata, ...gone } } },
    want: { phase: 'Snapshotting', action: undefined },
  },
  {
    name: 'while QEMU cannot be asked, no worker is given up',
    of: {
      snapshot: snapshot({}, taken),
      worker: sourceLost,
      disk: { kind: 'unreachable', message: 'no answer' },
    },
    want: { reason: 'ControlUnreachable', action: undefined },
  },
]

const failing: readonly Row[] = [
  {
    name: 'QEMU that was started anew has no moment any more',
    of: { snapshot: snapshot({}, taken), worker: sourceLost, disk: disk({ drive: 'disk0', exports: [] }) },
    want: { phase: 'Failed', reason: 'SourceLost' },
    message: /started anew/,
  },
  {
    name: 'a fleece that is full is said to be',
    of: { snapshot: snapshot({}, taken), worker: sourceLost, disk: disk({}, true) },
    want: { phase: 'Failed', reason: 'FleeceFull' },
    message: /guest goes on/,
  },
  {
    name: 'a full claim is no reason to try again',
    of: {
      snapshot: snapshot({}, taken),
      worker: endedWorker(1, { reason: 'NoSpace', message: 'The claim is full.' }),
      disk: disk(),
    },
    want: { phase: 'Failed', reason: 'NoSpace' },
    message: /larger spec\.capacity/,
  },
  {
    name: 'the instance was deleted half-way',
    of: { snapshot: snapshot({}, taken), instance: undefined, vm: undefined },
    want: { reason: 'SourceLost' },
    message: /was deleted/,
  },
  {
    name: 'the instance was stopped half-way',
    of: { snapshot: snapshot({}, taken), instance: instance({ powerState: 'Stopped' }), vm: undefined },
    want: { reason: 'SourceLost' },
    message: /was stopped/,
  },
  {
    name: 'the VM was rebuilt half-way',
    of: {
      snapshot: snapshot({}, taken),
      vm: { ...vm, metadata: { ...vm.metadata, uid: 'uid-later' } },
      worker: working,
    },
    want: { reason: 'SourceLost' },
    message: /rebuilt/,
  },
  {
    name: 'the VM ended half-way',
    of: { snapshot: snapshot({}, taken), vm: { ...vm, status: { ...vm.status, phase: 'Succeeded' } } },
    want: { reason: 'SourceLost' },
    message: /ended/,
  },
  {
    name: 'a VM that is going is copied from as long as it lasts',
    of: { snapshot: snapshot({}, taken), vm: terminating(vm), worker: working },
    want: { phase: 'Snapshotting' },
  },
  {
    name: 'but nothing is begun in it any more',
    of: { snapshot: snapshot({}, taken), vm: terminating(vm), disk: disk() },
    want: { reason: 'SourceLost' },
  },
  {
    name: 'the claim was deleted half-way',
    of: { snapshot: snapshot({}, taken), claim: undefined },
    want: { reason: 'ClaimLost', end: 'failed' },
  },
  {
    name: 'the claim lost its volume half-way',
    of: { snapshot: snapshot({}, taken), claim: { ...claim, status: { phase: 'Lost' } } },
    want: { reason: 'ClaimLost' },
  },
]

const user = { kind: 'EphemeralInstance', name: 'child' }
const ending: readonly Row[] = [
  {
    name: 'a ready snapshot with something left is cleaned up after',
    of: { snapshot: snapshot({}, unclean(ready)), worker: endedWorker(0, completeWords) },
    want: { phase: 'Ready', end: 'ready', action: 'cleanUp' },
  },
  {
    name: 'a ready snapshot stays as it is, whatever becomes of its instance',
    of: { snapshot: snapshot({}, ready), instance: undefined, vm: undefined },
    want: { phase: 'Ready', reason: 'Taken', action: undefined },
  },
  {
    name: 'a ready snapshot whose claim is gone is none',
    of: { snapshot: snapshot({}, ready), claim: undefined },
    want: { phase: 'Failed', reason: 'ClaimLost', end: 'failed' },
  },
  {
    name: 'a failed snapshot with something left is cleaned up after',
    of: { snapshot: snapshot({}, unclean(over)) },
    want: { phase: 'Failed', reason: 'SourceLost', action: 'cleanUp' },
  },
  {
    name: 'a failed snapshot is not begun again',
    of: { snapshot: snapshot({}, over) },
    want: { phase: 'Failed', reason: 'SourceLost', action: undefined },
  },
  {
    name: 'a delete waits for the users',
    of: { snapshot: snapshot({}, ready, gone), users: [user] },
    want: { phase: 'Deleting', reason: 'InUse', action: undefined, end: 'ready' },
    message: /EphemeralInstance child/,
  },
  {
    name: 'without users everything is taken away',
    of: { snapshot: snapshot({}, ready, gone) },
    want: { phase: 'Deleting', action: 'release' },
  },
  {
    name: 'a delete cancels a snapshot that is under way',
    of: { snapshot: snapshot({}, taken, gone), worker: working },
    want: { phase: 'Deleting', action: 'release' },
  },
  {
    name: 'a failed snapshot has no users',
    of: { snapshot: snapshot({}, over, gone), users: [user] },
    want: { action: 'release' },
  },
]

for (const { name, of, want, message } of [...waiting, ...atWork, ...failing, ...ending]) {
  test(name, () => {
    const verdict = decide(observed(of))
    const found = Object.fromEntries(Object.keys(want).map((key) => [key, verdict[key as keyof Verdict]]))
    assert.equal(found, want)
    if (message !== undefined) assert.match(verdict.message, message)
  })
}

test('what waits looks again at its deadline', () => {
  const { requeueAfterSeconds } = decide(
    observed({ snapshot: snapshot({ deadlineSeconds: 100 }), ahead: 'silver' }),
  )
  assert.is(requeueAfterSeconds, 40)
})

test('the VM that is settled on is told by its UID, and its disk by its size', () => {
  const lineage = [{ kind: 'BaseImage', name: 'debian', sha256: 'ab' }]
  const { facts } = decide(observed({ snapshot: snapshot(), lineage }))
  assert.equal(facts, {
    source: { instanceUID: 'uid-web1', podName: 'web1-vm', podUID: 'uid-pod', disk: '1Gi' },
    lineage,
  })
})

test('the user that the image names is told on, as is what the VM of another snapshot was told', () => {
  const running = instance({}, { boot: { kind: 'Snapshot', name: 'first', claim: 'c', defaultUser: 'ada' } })
  const { facts } = decide(observed({ snapshot: snapshot(), instance: running }))
  assert.is(facts?.defaultUser, 'ada')
})

test('what the VM boots by is told on, as its pod was made', () => {
  const pod = onNode(podOf(instance(), answering, 0, 20, { ...booted, firmware: 'UEFI' }))
  const { facts } = decide(observed({ snapshot: snapshot(), vm: pod }))
  assert.is(facts?.firmware, 'UEFI')
})

test('each try of a worker is counted', () => {
  const { facts } = decide(
    observed({ snapshot: snapshot({}, { ...taken, attempts: 2 }), worker: sourceLost, disk: disk() }),
  )
  assert.equal(facts, { attempts: 3 })
})

test.run()

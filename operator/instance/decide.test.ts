import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Condition } from '../api/conditions.ts'
import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import type { Phase } from '../api/phase.ts'
import type { Reason } from '../api/reasons.ts'
import { decide } from './decide.ts'
import type { MadePod } from './made-pods.ts'
import type { Observed } from './observed.ts'
import { statusOf } from './status.ts'
import {
  ago,
  answering,
  booting,
  claim,
  config,
  container,
  ending,
  instance,
  observed,
  onNode,
  podOf,
  preparing,
  terminating,
} from './testing/build.ts'
import type { Action } from './verdict.ts'

type Row = Readonly<{
  name: string
  given: Observed
  phase: Phase
  active: Reason
  stalled?: Reason
  action?: Action['kind']
  requeue?: number
  passing?: true
  restores?: true
}>

const condition = (type: string, reason: Reason, status: Condition['status'] = 'False'): Condition => ({
  type,
  reason,
  status,
  message: 'as before',
  lastTransitionTime: ago(60),
})

/** A status that says that a VM ran in the pod of the tests. */
const ran = (reason: Reason, more: object = {}) => ({
  podUID: 'uid-pod',
  rebuildGeneration: 0,
  restarts: 0,
  startedAt: ago(3600),
  conditions: [condition('Active', reason, reason === 'Running' || reason === 'Paused' ? 'True' : 'False')],
  ...more,
})

const made = (more: Partial<MadePod> = {}): MadePod => ({
  podUID: 'uid-made',
  rebuildGeneration: 0,
  restarts: 0,
  at: new Date(ago(1)),
  isSeen: true,
  ...more,
})

const plain = instance()
const pod = podOf(plain)
const placed = onNode(pod)
const running = (status: Parameters<typeof podOf>[1], of = plain) => onNode(podOf(of, status))
const never = instance({ restartPolicy: 'Never' })
const onFailure = instance({ restartPolicy: 'OnFailure' })
const pausedSpec = instance({ powerState: 'Paused' })

const rows: readonly Row[] = [
  // No pod yet.
  {
    name: 'makes the pod of a new instance',
    given: observed({ instance: plain }),
    phase: 'Pending',
    active: 'PodCreated',
    action: 'create',
  },
  {
    name: 'makes the pod by a flavor that exists',
    given: observed({ instance: instance({ flavor: 's1.1core', resources: undefined }) }),
    phase: 'Pending',
    active: 'PodCreated',
    action: 'create',
  },
  {
    name: 'stalls on a flavor that does not exist',
    given: observed({ instance: instance({ flavor: 'huge', resources: undefined }) }),
    phase: 'Stalled',
    active: 'FlavorNotFound',
    stalled: 'FlavorNotFound',
  },
  {
    name: 'stalls on a claim that does not exist',
    given: observed({ instance: plain, claim: 'none' }),
    phase: 'Stalled',
    active: 'ClaimNotFound',
    stalled: 'ClaimNotFound',
  },
  {
    name: 'stalls on a claim that lost its volume',
    given: observed({ instance: plain, claim: { ...claim, status: { phase: 'Lost' } } }),
    phase: 'Stalled',
    active: 'ClaimLost',
    stalled: 'ClaimLost',
  },
  {
    name: 'waits for no volume: a claim that binds with its first pod is good enough',
    given: observed({ instance: plain, claim: { ...claim, status: { phase: 'Pending' } } }),
    phase: 'Pending',
    active: 'PodCreated',
    action: 'create',
  },
  {
    name: 'stalls on KVM that no resource of the cluster brings',
    given: observed({ instance: instance({ accelerator: 'KVM' }) }),
    phase: 'Stalled',
    active: 'KVMUnavailable',
    stalled: 'KVMUnavailable',
  },
  {
    name: 'makes a KVM pod where the administrator named the resource',
    given: observed({
      instance: instance({ accelerator: 'KVM' }),
      config: { ...config, kvmResource: 'x/kvm' },
    }),
    phase: 'Pending',
    active: 'PodCreated',
    action: 'create',
  },
  // Somebody else's pod.
  {
    name: 'leaves a pod of somebody else alone',
    given: observed({ instance: plain, pod: { ...pod, metadata: { name: 'web1-vm', namespace: 'lab' } } }),
    phase: 'Stalled',
    active: 'NameTaken',
    stalled: 'NameTaken',
  },
  {
    name: 'waits for the pod of a former instance of the same name',
    given: observed({
      instance: { ...plain, metadata: { ...plain.metadata, uid: 'uid-second' } },
      pod: placed,
    }),
    phase: 'Pending',
    active: 'Pending',
  },
  // On the way.
  {
    name: 'says what the scheduler says',
    given: observed({
      instance: plain,
      pod: podOf(plain, {
        conditions: [{ type: 'PodScheduled', status: 'False', message: '0/3 nodes: Insufficient memory.' }],
      }),
    }),
    phase: 'Pending',
    active: 'Unschedulable',
  },
  {
    name: 'starts on a node',
    given: observed({ instance: plain, pod: placed }),
    phase: 'Starting',
    active: 'Starting',
  },
  {
    name: 'stalls on an image that cannot be pulled',
    given: observed({
      instance: plain,
      pod: running(
        container(
          { state: { waiting: { reason: 'ImagePullBackOff', message: 'no such image' } } },
          'Pending',
        ),
      ),
    }),
    phase: 'Stalled',
    active: 'ImagePullFailed',
    stalled: 'ImagePullFailed',
  },
  {
    name: 'looks again while QEMU is not up, rarer the longer it takes',
    given: observed({ instance: plain, pod: running(preparing) }),
    phase: 'Starting',
    active: 'Preparing',
    requeue: 2.5,
  },
  {
    name: 'stalls on what the runner found wrong with the image',
    given: observed({
      instance: plain,
      pod: running(preparing),
      runner: { phase: 'Waiting', reason: 'BaseImageMissing', message: 'put a disk there' },
    }),
    phase: 'Stalled',
    active: 'BaseImageMissing',
    stalled: 'BaseImageMissing',
    requeue: 2.5,
  },
  {
    name: 'boots once QEMU runs, and is looked at again: it may be held for want of room',
    given: observed({ instance: plain, pod: running(booting) }),
    phase: 'Booting',
    active: 'Running',
    requeue: 60,
  },
  {
    name: 'is ready once the guest answered',
    given: observed({ instance: plain, pod: running(answering) }),
    phase: 'Ready',
    active: 'Running',
  },
  // Power.
  {
    name: 'powers down what is to be stopped',
    given: observed({ instance: instance({ powerState: 'Stopped' }), pod: running(answering) }),
    phase: 'Stopping',
    active: 'Stopping',
    action: 'delete',
  },
  {
    name: 'does not ask twice for a power-down',
    given: observed({ instance: instance({ powerState: 'Stopped' }), pod: terminating(running(answering)) }),
    phase: 'Stopping',
    active: 'Stopping',
  },
  {
    name: 'is stopped once the pod is gone, whatever became of the claim',
    given: observed({ instance: instance({ powerState: 'Stopped' }), claim: 'none' }),
    phase: 'Stopped',
    active: 'Stopped',
  },
  {
    name: 'writes down that it is going to pause before it does',
    given: observed({ instance: pausedSpec, pod: running(answering, pausedSpec) }),
    phase: 'Booting',
    active: 'Pausing',
    requeue: 1,
  },
  {
    name: 'pauses a guest that runs',
    given: observed({
      instance: instance({ powerState: 'Paused' }, ran('Pausing')),
      pod: running(answering, pausedSpec),
    }),
    phase: 'Paused',
    active: 'Paused',
    action: 'pause',
  },
  {
    name: 'does not pause again what it paused',
    given: observed({
      instance: instance({ powerState: 'Paused' }, ran('Paused')),
      pod: running(booting, pausedSpec),
    }),
    phase: 'Paused',
    active: 'Paused',
  },
  {
    name: 'pauses again a VM that started afresh since',
    given: observed({
      instance: instance({ powerState: 'Paused' }, ran('Paused')),
      pod: running(
        container({ state: { running: { startedAt: ago(1) } }, started: true, restartCount: 1 }),
        pausedSpec,
      ),
    }),
    phase: 'Booting',
    active: 'Pausing',
    requeue: 1,
  },
  {
    name: 'resumes what a former operator may have paused',
    given: observed({ instance: instance({}, ran('Pausing')), pod: running(answering) }),
    phase: 'Booting',
    active: 'Running',
    action: 'resume',
  },
  {
    name: 'resumes what it paused',
    given: observed({ instance: instance({}, ran('Paused')), pod: running(booting) }),
    phase: 'Booting',
    active: 'Running',
    action: 'resume',
  },
  // Rebuild.
  {
    name: 'throws the VM away for a rebuild',
    given: observed({ instance: instance({ rebuildGeneration: 1 }), pod: running(answering) }),
    phase: 'Rebuilding',
    active: 'Rebuilding',
    action: 'delete',
  },
  {
    name: 'waits for the old VM to be gone',
    given: observed({ instance: instance({ rebuildGeneration: 1 }), pod: terminating(running(answering)) }),
    phase: 'Rebuilding',
    active: 'Rebuilding',
  },
  {
    name: 'makes a fresh VM after a rebuild, even where the policy is Never',
    given: observed({ instance: instance({ restartPolicy: 'Never', rebuildGeneration: 1 }, ran('Failed')) }),
    phase: 'Pending',
    active: 'PodCreated',
    action: 'create',
  },
  // A changed spec.
  {
    name: 'starts over with a spec that changed before the VM ran',
    given: observed({
      instance: instance({ resources: { cpus: 1, memory: '128Mi', disk: '2Gi' } }),
      pod: running(preparing),
    }),
    phase: 'Rebuilding',
    active: 'SpecChanged',
    action: 'delete',
  },
  {
    name: 'lets a VM that runs be, whatever its spec says now',
    given: observed({
      instance: instance({ resources: { cpus: 1, memory: '128Mi', disk: '2Gi' } }),
      pod: running(answering),
    }),
    phase: 'Ready',
    active: 'Running',
  },
  {
    name: 'leaves a VM that restarts to the kubelet, whatever its spec says now',
    given: observed({
      instance: instance({ resources: { cpus: 1, memory: '128Mi', disk: '2Gi' } }),
      pod: running(container({ state: { waiting: {} }, lastState: ending(0, 'GuestShutdown', 'Off.') })),
    }),
    phase: 'Starting',
    active: 'Restarting',
  },
  // Ends.
  {
    name: 'leaves the restart after a power-off to the kubelet',
    given: observed({
      instance: plain,
      pod: running(
        container({
          state: { waiting: {} },
          lastState: ending(0, 'GuestShutdown', 'The guest powered off.'),
        }),
      ),
    }),
    phase: 'Starting',
    active: 'Restarting',
  },
  {
    name: 'promises no fresh VM after a power-off under Never',
    given: observed({
      instance: never,
      pod: running(container({ state: ending(0, 'GuestShutdown', 'the guest powered off') }), never),
    }),
    phase: 'Stopping',
    active: 'GuestShutdown',
  },
  {
    name: 'says that a VM fails again and again',
    given: observed({
      instance: plain,
      pod: running(
        container({
          state: { waiting: { reason: 'CrashLoopBackOff' } },
          lastState: ending(1, 'GuestPanicked', "The guest's kernel panicked."),
        }),
      ),
    }),
    phase: 'Starting',
    active: 'CrashLoop',
  },
  {
    name: 'has succeeded when the guest powered off under Never',
    given: observed({
      instance: never,
      pod: running(
        { ...container({ state: ending(0, 'GuestShutdown', 'The guest powered off.') }, 'Succeeded') },
        never,
      ),
    }),
    phase: 'Succeeded',
    active: 'Succeeded',
  },
  {
    name: 'has failed when the guest panicked under Never',
    given: observed({
      instance: never,
      pod: running({ ...container({ state: ending(1, 'GuestPanicked', 'Panic.') }, 'Failed') }, never),
    }),
    phase: 'Failed',
    active: 'Failed',
    stalled: 'Failed',
  },
  {
    name: 'has succeeded when the guest powered off under OnFailure',
    given: observed({
      instance: onFailure,
      pod: running({ ...container({ state: ending(0, 'GuestShutdown', 'Off.') }, 'Succeeded') }, onFailure),
    }),
    phase: 'Succeeded',
    active: 'Succeeded',
  },
  {
    name: 'stays succeeded when somebody deletes the pod that is over',
    given: observed({ instance: instance({ restartPolicy: 'OnFailure' }, ran('Succeeded')) }),
    phase: 'Succeeded',
    active: 'Succeeded',
  },
  {
    name: 'fails under Never when the pod is lost',
    given: observed({ instance: instance({ restartPolicy: 'Never' }, ran('Running')) }),
    phase: 'Failed',
    active: 'Failed',
    stalled: 'Failed',
  },
  {
    name: 'makes a fresh VM when the pod is lost',
    given: observed({ instance: instance({}, ran('Running')) }),
    phase: 'Pending',
    active: 'PodCreated',
    action: 'create',
  },
  {
    name: 'makes way for a fresh VM when the node evicted the pod',
    given: observed({
      instance: plain,
      pod: running({ phase: 'Failed', reason: 'Evicted', message: 'low on disk' }),
    }),
    phase: 'Pending',
    active: 'Evicted',
    action: 'delete',
  },
  {
    name: 'takes no second pod for lost that the cache has not shown yet',
    given: observed({ instance: plain, made: made({ isSeen: false, at: new Date(ago(5)) }) }),
    phase: 'Pending',
    active: 'PodCreated',
    passing: true,
    requeue: 1,
  },
  {
    name: 'waits for the cache also while that shows a former pod',
    given: observed({
      instance: instance({ rebuildGeneration: 1 }),
      pod: running(answering),
      made: made({ podUID: 'uid-next', rebuildGeneration: 1, isSeen: false, at: new Date(ago(5)) }),
    }),
    phase: 'Pending',
    active: 'PodCreated',
    passing: true,
    requeue: 1,
  },
  {
    name: 'does not wait for ever for a cache that missed the pod',
    given: observed({ instance: plain, made: made({ isSeen: false, at: new Date(ago(60)) }) }),
    phase: 'Pending',
    active: 'PodCreated',
    action: 'create',
  },
  {
    name: 'takes its time with pods that are taken away before any status tells of them',
    given: observed({ instance: plain, made: made({ restarts: 3, at: new Date(ago(1)) }) }),
    phase: 'Pending',
    active: 'CrashLoop',
    requeue: 19,
  },
  {
    name: 'starts none under Never when the pod is taken away before any status tells of it',
    given: observed({ instance: never, made: made() }),
    phase: 'Failed',
    active: 'Failed',
    stalled: 'Failed',
  },
  {
    name: 'starts a fresh VM under Never when it ended the last one itself',
    given: observed({ instance: instance({ restartPolicy: 'Never' }, ran('Stopping')) }),
    phase: 'Pending',
    active: 'PodCreated',
    action: 'create',
  },
  {
    name: 'does not call a pod lost that it told to go itself',
    given: observed({ instance: instance({}, ran('Stopping')), pod: terminating(running(answering)) }),
    phase: 'Stopping',
    active: 'Stopping',
  },
  {
    name: 'gives a pod that has just been made a moment to get a node',
    given: observed({ instance: plain, pod: podOf(plain, {}, 0, 0.2) }),
    phase: 'Pending',
    active: 'PodCreated',
    passing: true,
    requeue: 0.8,
  },
  {
    name: 'gives QEMU a moment to start',
    given: observed({
      instance: plain,
      pod: running(container({ state: { running: { startedAt: ago(0.5) } }, started: false })),
    }),
    phase: 'Starting',
    active: 'Preparing',
    passing: true,
    requeue: 1,
  },
  {
    name: 'goes on with a pod of its own that lost its owner',
    given: observed({
      instance: instance({}, ran('Running')),
      pod: { ...running(answering), metadata: { ...placed.metadata, ownerReferences: [] } },
    }),
    phase: 'Ready',
    active: 'Running',
    restores: true,
  },
  {
    name: 'takes its time with a VM whose pod is taken away again and again',
    given: observed({ instance: instance({}, ran('Running', { restarts: 4, startedAt: ago(10) })) }),
    phase: 'Pending',
    active: 'CrashLoop',
    requeue: 30,
  },
]

for (const row of rows) {
  test(row.name, () => {
    const verdict = decide(row.given)
    assert.is(verdict.phase, row.phase)
    assert.is(verdict.active.reason, row.active)
    assert.is(verdict.stalled?.reason, row.stalled)
    assert.is(verdict.action?.kind, row.action)
    assert.is(verdict.requeueAfterSeconds, row.requeue)
    assert.is(verdict.passing, row.passing)
    assert.is(verdict.restoration !== undefined, row.restores === true)
  })
}

test('every message that asks somebody to act says what to do', () => {
  const asking = /: |delete|raise|set |create|give|name |put /i
  for (const row of rows.filter(({ stalled }) => stalled !== undefined)) {
    assert.match(decide(row.given).stalled?.message ?? '', asking)
  }
})

test('a lost VM counts as a restart of the next', () => {
  const { action } = decide(
    observed({ instance: instance({}, ran('Running', { restarts: 2, startedAt: ago(3600) })) }),
  )
  assert.is(action?.kind === 'create' && action.restartsBefore, 3)
})

test('what is said of a world does not feed on itself: looking again at the same world says the same', () => {
  for (const { name, given } of rows) {
    const look = (status: EphemeralInstance['status']) => {
      const again = { ...given, instance: { ...given.instance, status } } as Observed
      return statusOf(again, decide(again))
    }
    const settled = look(look(look(given.instance.status)))
    assert.equal(look(settled), settled, name)
  }
})

test('the same observation gives the same verdict', () => {
  for (const row of rows) assert.equal(decide(row.given), decide(row.given))
})

test.run()

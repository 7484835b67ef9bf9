import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { InstanceSpec } from '../api/instance-spec.ts'
import type { InstanceStatus } from '../api/instance-status.ts'
import type { RunnerState } from '../control/state.ts'
import { findCondition } from '../kube/conditions.ts'
import { decide } from './decide.ts'
import type { Observed } from './observed.ts'
import { statusOf } from './status.ts'
import {
  ago,
  answering,
  booting,
  container,
  ending,
  instance,
  observed,
  onNode,
  podOf,
  preparing,
} from './testing/build.ts'
import type { Verdict } from './verdict.ts'

type PodStatus = Parameters<typeof podOf>[1]
type Moment = Readonly<{
  spec?: Partial<InstanceSpec>
  pod?: PodStatus | 'none'
  /** The spec that the pod was made with. */
  madeWith?: Partial<InstanceSpec>
  runner?: Partial<RunnerState>
}>

/** One moment after the other, each with the status that the one before left. */
function live(...moments: readonly Moment[]): { verdict: Verdict; status: InstanceStatus }[] {
  let status: InstanceStatus | undefined
  return moments.map(({ spec = {}, pod = answering, madeWith = {}, runner }) => {
    const state: RunnerState | undefined =
      runner === undefined ? undefined : { phase: 'Running', reason: '', message: '', ...runner }
    const given: Observed = observed({
      instance: instance(spec, status),
      pod: pod === 'none' ? undefined : onNode(podOf(instance(madeWith), pod)),
      runner: state,
    })
    const verdict = decide(given)
    status = statusOf(given, verdict)
    return { verdict, status }
  })
}
const last = (...moments: readonly Moment[]) => live(...moments).at(-1) as ReturnType<typeof live>[number]

const orderOf = ({ action }: Verdict) =>
  action?.kind === 'order' ? `${action.order.what} ${action.order.generation}` : action?.kind
const reset = { resetGeneration: 1 }
const reboot = { rebootGeneration: 1 }
const paused = { powerState: 'Paused' } as const
const again = container({
  restartCount: 1,
  lastState: ending(0, 'GuestShutdown', 'The guest powered off.'),
  state: { running: { startedAt: ago(1) } },
  started: true,
})

const orders: ReadonlyArray<
  Readonly<{ name: string; moments: readonly Moment[]; want: string | undefined }>
> = [
  { name: 'a VM is not reset for nothing', moments: [{}, {}], want: undefined },
  { name: 'a raise resets a VM that runs', moments: [{}, { spec: reset }], want: 'reset 1' },
  { name: 'a raise reboots a VM that runs', moments: [{}, { spec: reboot }], want: 'reboot 1' },
  {
    name: 'a guest that never answered is rebooted, too',
    moments: [{ pod: booting }, { pod: booting, spec: reboot }],
    want: 'reboot 1',
  },
  {
    name: 'a reset does for a reboot that is asked for with it',
    moments: [{}, { spec: { ...reset, ...reboot } }],
    want: 'reset 1',
  },
  { name: 'a raise by several is one', moments: [{}, { spec: { resetGeneration: 4 } }], want: 'reset 4' },
  {
    name: 'what was carried out is not ordered again',
    moments: [{}, { spec: reset }, { spec: reset }],
    want: undefined,
  },
  {
    name: 'nor the reboot that went with a reset',
    moments: [{}, { spec: { ...reset, ...reboot } }, { spec: { ...reset, ...reboot } }],
    want: undefined,
  },
  {
    name: 'a second raise while the first is under way is ordered',
    moments: [{}, { spec: reset }, { spec: { resetGeneration: 2 } }],
    want: 'reset 2',
  },
  {
    name: 'a VM that was made with the counters is up to date',
    moments: [{ spec: reset, madeWith: reset }],
    want: undefined,
  },
  {
    name: 'a raise that came between the making of the pod and its first sight is carried out',
    moments: [{ spec: reset }],
    want: 'reset 1',
  },
  {
    name: 'a raise before the machine runs needs nothing',
    moments: [{ pod: preparing }, { pod: preparing, spec: reset }, { spec: reset }],
    want: undefined,
  },
  {
    name: 'a fresh VM in the same pod is not reset for what the one before was',
    moments: [{}, { spec: reset }, { pod: again, spec: reset }],
    want: undefined,
  },
  {
    name: 'a paused VM is left alone',
    moments: [{}, { spec: paused }, { spec: paused }, { spec: { ...paused, ...reset } }],
    want: undefined,
  },
  {
    name: 'a paused VM is reset after it was resumed',
    moments: [
      {},
      { spec: paused },
      { spec: paused },
      { spec: { ...paused, ...reset } },
      { spec: reset },
      { spec: reset },
    ],
    want: 'reset 1',
  },
  {
    name: 'a rebuild that is asked for with it does more',
    moments: [{}, { spec: { ...reset, rebuildGeneration: 1 } }],
    want: 'delete',
  },
]
for (const { name, moments, want } of orders)
  test(name, () => assert.is(orderOf(last(...moments).verdict), want))

const counted: ReadonlyArray<
  Readonly<{ name: string; moments: readonly Moment[]; want: number | undefined }>
> = [
  { name: 'a counter that was never raised is not shown', moments: [{}], want: undefined },
  { name: 'an order is counted', moments: [{}, { spec: reset }], want: 1 },
  {
    name: 'a raise of a stopped VM counts at once',
    moments: [{ pod: 'none', spec: { powerState: 'Stopped', ...reset } }],
    want: 1,
  },
  {
    name: 'a raise of a paused VM does not count yet',
    moments: [{}, { spec: paused }, { spec: paused }, { spec: { ...paused, resetGeneration: 1 } }],
    want: undefined,
  },
]
for (const { name, moments, want } of counted)
  test(name, () => assert.is(last(...moments).status.resetGeneration, want))

test('that a raise needs nothing is written down, where little else would be', () => {
  const fresh = container({ state: { running: { startedAt: ago(0) } }, started: false })
  assert.is(last({ pod: fresh }).verdict.passing, true)
  assert.is(last({ pod: fresh, spec: reset }).verdict.passing, undefined)
})

const readiness: ReadonlyArray<
  Readonly<{
    name: string
    after: Moment
    want: readonly [phase: string, reason: string, requeue: number | undefined]
  }>
> = [
  {
    name: 'a pod that is still ready from before is not believed: the runner is asked',
    after: { spec: reset },
    want: ['Rebooting', 'Resetting', 2],
  },
  {
    name: 'a runner that has not reset yet is not believed',
    after: { spec: reset, runner: { guest: 'Ready', reset: 0 } },
    want: ['Rebooting', 'Resetting', 2],
  },
  {
    name: 'a guest that boots is waited for',
    after: { spec: reset, runner: { guest: 'Booting', reset: 1 } },
    want: ['Rebooting', 'Resetting', 2],
  },
  {
    name: 'a guest that is back is ready',
    after: { spec: reset, runner: { guest: 'Ready', reset: 1 } },
    want: ['Ready', 'GuestAnswered', undefined],
  },
  {
    name: 'for a pod that is not ready, the watch is enough',
    after: { spec: reset, pod: booting },
    want: ['Rebooting', 'Resetting', undefined],
  },
  {
    name: 'a VM that started afresh meanwhile only boots',
    after: { spec: reset, pod: again },
    want: ['Booting', 'Booting', 60],
  },
]
for (const { name, after, want } of readiness)
  test(`after a reset: ${name}`, () => {
    const { verdict } = last({}, { spec: reset }, after)
    assert.equal([verdict.phase, verdict.guestReady.reason, verdict.requeueAfterSeconds], want)
  })

test('a reboot is over when the runner has seen it, whatever was reset before', () => {
  const spec = { resetGeneration: 7, rebootGeneration: 1 }
  const made = { resetGeneration: 7 }
  const steps = [
    { spec: made, madeWith: made },
    { spec, madeWith: made },
  ]
  const then = (rebooted: number) =>
    ({ spec, madeWith: made, runner: { guest: 'Ready', rebooted, reset: 0 } }) as const
  assert.is(last(...steps, then(0)).verdict.phase, 'Rebooting')
  assert.is(last(...steps, then(1)).verdict.phase, 'Ready')
})

test('a VM that was told to reboot is not ready for kubectl wait', () => {
  const { status } = last({}, { spec: reboot })
  const ready = findCondition(status.conditions, 'Ready')
  assert.equal([ready?.status, ready?.reason], ['False', 'Rebooting'])
})

// What follows when the guest reboots by itself, and was built to end then.
const over = (restartCount = 0) =>
  container({ restartCount, state: ending(0, 'GuestRebooted', 'The guest rebooted.') }, 'Succeeded')
for (const restartPolicy of ['Never', 'OnFailure'] as const) {
  const spec = { restartPolicy, onGuestReboot: 'Rebuild' } as const
  test(`under ${restartPolicy}, a fresh VM takes the place of one whose guest rebooted`, () => {
    const [, gone, next] = live({ spec }, { spec, pod: over() }, { spec, pod: 'none' })
    assert.equal([gone?.verdict.active.reason, gone?.verdict.action?.kind], ['GuestRebooted', 'delete'])
    assert.is(next?.verdict.action?.kind === 'create' && next.verdict.action.restartsBefore, 1)
  })
}

test('under Never, guests that reboot again and again are waited with, and not given up', () => {
  const spec = { restartPolicy: 'Never', onGuestReboot: 'Rebuild' } as const
  const steps = [
    { spec, pod: over(3) },
    { spec, pod: 'none' },
  ] as const
  const looping = last(
    { spec, pod: container({ ...answering.containerStatuses?.[0], restartCount: 3 }) },
    ...steps,
  )
  assert.is(looping.verdict.active.reason, 'CrashLoop')
  assert.is(last({ spec }, ...steps, { spec, pod: 'none' }).verdict.active.reason, 'CrashLoop')
})

test('a guest that powers off under Never stays down, whatever its reboots do', () => {
  const spec = { restartPolicy: 'Never', onGuestReboot: 'Rebuild' } as const
  const off = container({ state: ending(0, 'GuestShutdown', 'The guest powered off.') }, 'Succeeded')
  assert.is(last({ spec }, { spec, pod: off }).verdict.phase, 'Succeeded')
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import type { InstanceStatus } from '../api/instance-status.ts'
import type { RunnerState } from '../control/state.ts'
import { findCondition } from '../kube/conditions.ts'
import { decide } from './decide.ts'
import { mayBeFull } from './overlay-full.ts'
import { viewPod } from './pod-view.ts'
import { statusOf } from './status.ts'
import { storyOf } from './story.ts'
import { ago, answering, booting, instance, observed, onNode, podOf } from './testing/build.ts'

const held = { phase: 'Running', reason: 'OverlayFull', message: '' } as const
const free = { phase: 'Running', reason: '', message: '' } as const

function look(status: InstanceStatus | undefined, pod: Parameters<typeof podOf>[1], runner?: RunnerState) {
  const given = observed({ instance: instance({}, status), pod: onNode(podOf(instance(), pod)), runner })
  return statusOf(given, decide(given))
}
const volume = { ...held, reason: 'VolumeFull' } as const
const told = (before: InstanceStatus, after: InstanceStatus) =>
  storyOf(before, after).map(({ type, reason }) => `${type} ${reason}`)

const ready = look(undefined, answering)
const full = look(ready, booting, held)

test('a guest that is held for want of room is told, with a remedy', () => {
  const [condition, stalled] = ['OverlayFull', 'Stalled'].map((type) => findCondition(full.conditions, type))
  assert.equal([condition?.status, condition?.reason], ['True', 'OverlayFull'])
  assert.match(condition?.message ?? '', /node worker-1.*Free room/)
  assert.is(stalled?.reason, 'OverlayFull')
  assert.is(full.phase, 'Stalled')
  assert.equal(told(ready, full), ['Warning OverlayFull'])
})

test('a full volume is told as that', () => {
  const status = look(ready, booting, volume)
  assert.is(findCondition(status.conditions, 'Stalled')?.reason, 'VolumeFull')
  assert.is(findCondition(status.conditions, 'OverlayFull'), undefined)
  assert.equal(look(status, booting), status)
})

test('it stays known while the runner does not answer', () => assert.equal(look(full, booting), full))

const ends: ReadonlyArray<[name: string, after: InstanceStatus, phase: string, events: string[]]> = [
  ['a guest that answers again', look(full, answering), 'Ready', ['Normal GuestReady', 'Normal Mended']],
  ['a guest that may go on and does not answer yet', look(full, booting, free), 'Booting', ['Normal Mended']],
]
for (const [name, after, phase, events] of ends)
  test(`${name} heals it`, () => {
    assert.is(after.phase, phase)
    assert.is(findCondition(after.conditions, 'OverlayFull'), undefined)
    assert.equal(told(full, after), events)
  })

const silentFor = (seconds: number): EphemeralInstance['status'] => ({
  ...look(ready, booting),
  conditions: [
    {
      type: 'GuestReady',
      status: 'False',
      reason: 'GuestSilent',
      message: '',
      lastTransitionTime: ago(seconds),
    },
  ],
})
const asked: ReadonlyArray<
  [name: string, status: EphemeralInstance['status'], pod: Parameters<typeof podOf>[1], want: boolean]
> = [
  ['a guest that answers is not asked about', ready, answering, false],
  ['a VM that nothing is known of yet is not asked about', undefined, booting, false],
  ['a guest that fell silent just now is', ready, booting, true],
  ['one that has been silent for a moment is not', silentFor(5), booting, false],
  ['one that has been silent for a minute is', silentFor(60), booting, true],
  ['one that is held is', full, booting, true],
]
for (const [name, status, pod, want] of asked)
  test(name, () => {
    const given = observed({ instance: instance({}, status) })
    assert.is(mayBeFull(given, viewPod(onNode(podOf(instance(), pod)))), want)
  })

test('a guest that stays silent is looked at ever more seldom', () => {
  const waits = [0, 60, 1200, 99_999].map((seconds) => {
    const given = observed({
      instance: instance({}, silentFor(seconds)),
      pod: onNode(podOf(instance(), booting)),
    })
    return decide(given).requeueAfterSeconds
  })
  assert.equal(waits, [60, 60, 300, 600])
})

test('a guest that is to be paused is not asked about', () => {
  const given = observed({ instance: instance({ powerState: 'Paused' }, ready) })
  assert.not.ok(mayBeFull(given, viewPod(onNode(podOf(instance(), booting)))))
})

test.run()

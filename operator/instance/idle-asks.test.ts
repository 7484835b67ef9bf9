import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { InstanceSpec } from '../api/instance-spec.ts'
import { IdleAsks, secondsUntilNext } from './idle-asks.ts'
import { viewPod } from './pod-view.ts'
import { ago, answering, instance, now, onNode, podOf } from './testing/build.ts'

const answeredFor = (seconds: number, spec: Partial<InstanceSpec> = {}) =>
  instance(
    { expiry: { idleSeconds: 1000 }, ...spec },
    {
      podUID: 'uid-pod',
      restarts: 0,
      conditions: [
        {
          type: 'GuestReady',
          status: 'True',
          reason: 'GuestAnswered',
          message: '',
          lastTransitionTime: ago(seconds),
        },
      ],
    },
  )
const pod = viewPod(onNode(podOf(answeredFor(0), answering)))
const later = (seconds: number) => new Date(now.getTime() + seconds * 1000)

test('a VM is asked first when it may have been idle for nine tenths of its time', () => {
  assert.is(new IdleAsks().millisecondsLeft(answeredFor(100), pod, now), 800_000)
})

test('an operator that comes later asks within the last tenth, not all VMs at once', () => {
  const left = new IdleAsks().millisecondsLeft(answeredFor(50_000), pod, now) ?? -1
  assert.ok(left >= 0 && left <= 100_000, String(left))
})

const next: ReadonlyArray<{ name: string; idle: number | undefined; want: number }> = [
  { name: 'one in use is asked again after nine tenths of its time', idle: 0, want: 901 },
  { name: 'one that was used a while ago, when it has to be told', idle: 300, want: 601 },
  { name: 'one that was told, at its end', idle: 940, want: 61 },
  { name: 'one that cannot be reached, a tenth of its time later', idle: undefined, want: 100 },
]
for (const { name, idle, want } of next)
  test(name, () => {
    assert.is(secondsUntilNext(idle, 1000), want)
    const asks = new IdleAsks()
    asks.note(answeredFor(50_000), pod, idle, now)
    assert.is(asks.millisecondsLeft(answeredFor(50_000), pod, later(1)), (want - 1) * 1000)
  })

test('another limit is another question', () => {
  const asks = new IdleAsks()
  asks.note(answeredFor(50_000), pod, 0, now)
  const left = asks.millisecondsLeft(answeredFor(50_000, { expiry: { idleSeconds: 100 } }), pod, now) ?? -1
  assert.ok(left >= 0 && left <= 10_000, String(left))
})

const never: ReadonlyArray<{ name: string; spec: Partial<InstanceSpec> }> = [
  { name: 'without idleSeconds', spec: { expiry: { ttlSeconds: 60 } } },
  { name: 'under a lock', spec: { locked: { reason: 'exam' } } },
  { name: 'while it is paused', spec: { powerState: 'Paused' } },
]
for (const { name, spec } of never)
  test(`no VM is asked ${name}`, () =>
    assert.is(new IdleAsks().millisecondsLeft(answeredFor(50_000, spec), pod, now), undefined))

test.run()

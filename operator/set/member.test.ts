import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import { instance, now } from '../instance/testing/build.ts'
import { ordinalOf, viewMember } from './member.ts'

const ordinals: readonly [string, number | undefined][] = [
  ['web-0', 0],
  ['web-17', 17],
  ['web-007', undefined],
  ['web-', undefined],
  ['web', undefined],
  ['web-a', undefined],
  ['web-1-2', undefined],
  ['webb-1', undefined],
]
for (const [name, want] of ordinals) {
  test(`the number of ${name} in the set web`, () => assert.is(ordinalOf('web', name), want))
}

const active = (status: 'True' | 'False', reason: string) => [
  { type: 'Active', status, reason, message: '', lastTransitionTime: now.toISOString() },
]
const startedAt = now.toISOString()

const losses: readonly { name: string; of: EphemeralInstance; want: boolean }[] = [
  { name: 'a new one', of: instance(), want: false },
  { name: 'one on its way up', of: instance({}, { conditions: active('False', 'Starting') }), want: false },
  {
    name: 'one that runs',
    of: instance({}, { startedAt, conditions: active('True', 'Running') }),
    want: false,
  },
  {
    name: 'one whose pod is lost',
    of: instance({}, { startedAt, conditions: active('False', 'PodLost') }),
    want: true,
  },
  {
    name: 'one that starts anew',
    of: instance({}, { restarts: 1, conditions: active('False', 'Starting') }),
    want: true,
  },
  {
    name: 'one that somebody rebuilds',
    of: instance({}, { startedAt, conditions: active('False', 'Rebuilding') }),
    want: false,
  },
  {
    name: 'one whose time is over',
    of: instance({}, { startedAt, conditions: active('False', 'Expired') }),
    want: false,
  },
  {
    name: 'one that somebody stopped',
    of: instance({ powerState: 'Stopped' }, { startedAt, conditions: active('False', 'Stopped') }),
    want: false,
  },
]
for (const { name, of, want } of losses) {
  test(`${name} is ${want ? '' : 'not '}lost`, () => assert.is(viewMember(of, 'web', '').isLost, want))
}

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Reason } from '../api/reasons.ts'
import { lastVm } from './last-vm.ts'
import type { MadePod } from './made-pods.ts'
import { ago, instance } from './testing/build.ts'

const status = (reason: Reason, more: object = {}) => ({
  podUID: 'uid-pod',
  rebuildGeneration: 0,
  restarts: 3,
  conditions: [{ type: 'Active', status: 'False' as const, reason, message: '', lastTransitionTime: ago(9) }],
  ...more,
})
const made = (podUID: string, more: Partial<MadePod> = {}): MadePod => ({
  podUID,
  rebuildGeneration: 0,
  restarts: 5,
  at: new Date(ago(7)),
  isSeen: true,
  ...more,
})

test('a new instance had none', () => assert.is(lastVm({ instance: instance(), made: undefined }), undefined))

test('the status tells of the last one', () => {
  const last = lastVm({ instance: instance({}, status('PodLost', { startedAt: ago(60) })), made: undefined })
  assert.equal(last, { podUID: 'uid-pod', restarts: 3, since: new Date(ago(60)) })
})

test('one that was made since is the last one, even if no status tells of it', () => {
  const last = lastVm({ instance: instance({}, status('PodLost')), made: made('uid-newer') })
  assert.equal(last, { podUID: 'uid-newer', restarts: 5, since: new Date(ago(7)) })
  assert.is(lastVm({ instance: instance(), made: made('uid-first') })?.restarts, 5)
})

test('one that never ran counts from when its pod was made', () => {
  const last = lastVm({ instance: instance({}, status('PodLost')), made: made('uid-pod') })
  assert.equal(last?.since, new Date(ago(7)))
})

test('one of before a rebuild does not count', () => {
  const rebuilt = instance({ rebuildGeneration: 1 }, status('Rebuilding'))
  assert.is(lastVm({ instance: rebuilt, made: made('uid-pod') }), undefined)
})

for (const reason of ['Stopping', 'Stopped', 'SpecChanged'] as const)
  test(`none is lost where the operator ended it: ${reason}`, () =>
    assert.is(lastVm({ instance: instance({}, status(reason)), made: made('uid-pod') }), undefined))

test.run()

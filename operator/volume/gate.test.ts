import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { booting, container, ending, instance, podOf } from '../instance/testing/build.ts'
import type { Pod } from '../kube/object.ts'
import { slimPod } from '../slim-pod.ts'
import { hasEnded, isGated, writesVolumes } from './gate.ts'

const pod = (status: Parameters<typeof podOf>[1]) => podOf(instance(), status)
const over = (state: object, phase = 'Failed') => pod({ ...container({ state: state as never }, phase) })

const rows: ReadonlyArray<[what: string, pod: Pod, ended: boolean]> = [
  ['runs', pod(booting), false],
  ['has no container yet', pod({ phase: 'Pending' }), false],
  ['ended well', over(ending(0, 'GuestShutdown', ''), 'Succeeded'), true],
  ['ended badly', over(ending(1, 'GuestPanicked', '')), true],
  [
    'was called over by somebody who cannot know, as when its node is lost',
    over({ running: { startedAt: '' } }),
    false,
  ],
  ['was called over before it had a container', pod({ phase: 'Failed' }), false],
]
for (const [what, given, ended] of rows)
  test(`a pod that ${what} ${ended ? 'gives its volumes back' : 'keeps its volumes'}`, () => {
    assert.is(hasEnded(given), ended)
    assert.is(hasEnded(slimPod(given)), ended)
  })

const withVolume = (readOnly: boolean) =>
  podOf(instance(), {}, 0, 20, undefined, undefined, [
    { name: 'data', claim: 'data', readOnly, isBlock: false, bytes: 0 },
  ])

test('a pod with volumes is gated, also in the cache; one without is not', () => {
  assert.is(isGated(slimPod(withVolume(false))), true)
  assert.is(isGated(podOf(instance())), false)
})

test('a pod writes to the volumes that it does not only read, and never to what it boots from', () => {
  assert.is(writesVolumes(slimPod(withVolume(false))), true)
  assert.is(writesVolumes(withVolume(true)), false)
  assert.is(writesVolumes(podOf(instance())), false)
})

test.run()

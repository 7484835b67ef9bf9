import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Switched } from '../../operator/control/switched.ts'
import { asOperator } from './as-operator.ts'
import { type Pod, startPod } from './pod.ts'
import { type Subject, subjectOf } from './snapshot-subject.ts'
import { killSwitchAfter, lockSwitch, switchBegun, switching } from './switch-lock.ts'
import { waitFor } from './wait-for.ts'

/** A guest whose disk is kept before it goes, and which may have to go on after all. */
let pod: Pod
let subject: Subject
test.before(async () => {
  pod = await startPod()
  await pod.until((state) => state.guest === 'Ready' && state.agent)
  await pod.ssh('dd if=/dev/urandom of=/written bs=1M count=4 conv=fsync 2>/dev/null')
  subject = subjectOf(pod)
})
test.after(() => pod?.remove())

const hold = () => asOperator(pod, 'hold.ts', 'hold')
const letGo = () => asOperator(pod, 'hold.ts', 'go')
const qmp = async (command: string) =>
  (await pod.control('qmp', ['{"execute":"qmp_capabilities"}', `{"execute":"${command}"}`])).stdout
const isStill = async () => /"running": false/.test(await qmp('query-status'))

/** Also that no thaw is owed: the next hold finds none. */
const isThawed = () =>
  waitFor(
    () => (existsSync(join(pod.folder, 'run/frozen')) ? undefined : true),
    30,
    () => 'the guest was not thawed',
  )

test('a guest that is to be kept is stopped while it is frozen, and has a moment as one that is', async () => {
  await hold()
  assert.ok(await isStill())
  const { quiesced, reason } = await subject.take('still', 'Still')
  assert.equal([quiesced, reason], [true, ''])
  assert.ok(await isStill(), 'after the moment')
  await hold()
  assert.ok(await isStill(), 'asked again')
})

test('it is let go on where its disk is not kept after all, and writes', async () => {
  await subject.release('still')
  await letGo()
  assert.is(await subject.write(), 'wrote')
  await isThawed()
})

test('a guest that runs has no moment as one that stands still', async () => {
  const { switched, reason } = await asOperator<Switched>(pod, 'disk.ts', 'export', 'running', 'Still')
  assert.equal([switched, reason], [false, 'Running'])
  assert.equal(await subject.left(), [])
})

test('whoever lets it go on, it is thawed', async () => {
  await hold()
  await qmp('cont')
  assert.is(await subject.write(), 'wrote')
  await isThawed()
})

test('a hold that is killed at any moment leaves a guest that writes when it is let go on', async () => {
  for (let ms = 0; ms < 200; ms += 25) {
    await killSwitchAfter(pod, ms, hold)
    await letGo()
    assert.is(await subject.write(), 'wrote', `killed after ${ms} ms`)
  }
})

test('a hold that waited for so long that nobody wants it any more is not done', async () => {
  const unlock = await lockSwitch(pod)
  await asOperator(pod, 'hold.ts', 'leave')
  await switchBegun(pod)
  await unlock()
  await waitFor(
    () => switching(pod) === undefined || undefined,
    60,
    () => 'the hold does not end',
  )
  assert.not.ok(await isStill())
})

test('a guest whose agent is silent is stopped as it is', async () => {
  await pod.ssh('killall -STOP qemu-ga || killall -STOP early || true')
  await hold()
  assert.ok(await isStill())
  assert.is((await subject.take('silent', 'Still')).quiesced, false)
  await subject.release('silent')
  await letGo()
  assert.is(await subject.write(), 'wrote')
})

test('one with a volume that is told to end goes on thawed, and powers off in order', async () => {
  const data = { name: 'data', claim: 'data', readOnly: false, isBlock: false, bytes: 64 * 1024 ** 2 }
  const other = await startPod({ volumes: [data] })
  try {
    await other.until((state) => state.guest === 'Ready' && state.agent)
    await asOperator(other, 'hold.ts', 'hold')
    assert.ok(existsSync(join(other.folder, 'run/frozen')), 'it is not frozen')
    other.terminate()
    const { code, message } = await other.ended
    assert.is(code, 0)
    assert.match(message, /powered off, as it was asked to/)
  } finally {
    await other.remove()
  }
})

test.run()

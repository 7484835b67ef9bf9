import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Pod, startPod } from './pod.ts'

/** One machine whose overlay's volume has room for its boot, and for little more. */
let pod: Pod
test.before(async () => {
  pod = await startPod({ overlayMebibytes: 24 })
  await pod.until((state) => state.guest === 'Ready', 120)
})
test.after(() => pod?.remove())

const resize = (mebibytes: number) =>
  execFileSync('mount', ['-o', `remount,size=${mebibytes}m`, join(pod.folder, 'overlay')])
const qmp = (command: string) =>
  pod.control('qmp', ['{"execute":"qmp_capabilities"}', `{"execute":"${command}"}`])
/** Writes as many MiB, checks what was written, and says so. */
const write = (mebibytes: number) =>
  pod.ssh(
    `dd if=/dev/urandom of=/lots bs=1M count=${mebibytes} conv=fsync 2>/dev/null; sha256sum /lots >/sum; echo 3 >/proc/sys/vm/drop_caches; sha256sum -c /sum`,
  )

test('a machine whose disk has no room stands still and says so', async () => {
  const written = write(40)
  const state = await pod.until(({ reason }) => reason === 'OverlayFull')
  assert.is(state.guest, 'Booting')
  assert.is(await pod.probe('/ready'), '404')
  assert.is(await pod.probe('/started'), '200')

  resize(128)
  await pod.until(({ reason, guest }) => reason === '' && guest === 'Ready', 90)
  const { code, stdout } = await written
  assert.equal([code, stdout], [0, '/lots: OK\n'], 'the guest has noticed nothing')
})

test('a machine that is paused meanwhile stays paused when there is room', async () => {
  // More than the volume holds, even where the guest uses the room of the first file again.
  const written = write(160)
  await pod.until(({ reason }) => reason === 'OverlayFull')
  await pod.control('order', ['hold 1'])
  await qmp('stop')
  resize(512)
  // Longer than the runner waits for a machine that it may let go on.
  const held = Date.now() + 8_000
  while (Date.now() < held) assert.match((await qmp('query-status')).stdout, /"running": false/)
  await pod.control('order', ['hold 0'])
  await qmp('cont')
  const { code, stdout } = await written
  assert.equal([code, stdout], [0, '/lots: OK\n'])
})

test.run()

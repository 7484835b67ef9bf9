import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Switched } from '../../operator/control/switched.ts'
import type { BlockGraph } from '../../operator/snapshot/disk/graph.ts'
import { blockNames } from '../../operator/snapshot/disk/names.ts'
import { asOperator } from './as-operator.ts'
import { type Pod, startPod } from './pod.ts'
import { type Ran, ran } from './ran.ts'
import { type Puller, startPuller } from './snapshot-puller.ts'
import { killSwitchAfter } from './switch-lock.ts'
import { openWayIn, type WayIn } from './way-in.ts'

let pod: Pod
let puller: Puller
test.before(async () => {
  pod = await startPod()
  puller = await startPuller(pod)
  await pod.until((state) => state.guest === 'Ready')
})
const ways: WayIn[] = []
test.after(async () => {
  for (const way of ways) way.close()
  await puller?.remove()
  await pod?.remove()
})

const mebibyte = 1024 ** 2

/** As the operator would do it. */
const disk = <T = BlockGraph>(action: string, ...words: string[]) =>
  asOperator<T>(pod, 'disk.ts', action, ...words)
const take = (uid: string, quiesce = 'Never', fleece = '') =>
  disk<Switched>('export', uid, quiesce, fleece).then((switched) => {
    if (!switched.switched) throw new Error(switched.reason)
    return switched
  })
const nothing = { drive: 'disk0', nodes: [], exports: [], jobs: [] }

const wayIn = async (keys: string) => {
  const way = await openWayIn(pod, keys)
  ways.push(way)
  return way
}

/** Pulls an export with the key in this file (`none`: without TLS), by another program than the worker's. */
async function pull(uid: string, file: string, keys = 'nbd/keys.psk'): Promise<Ran> {
  const server =
    keys === 'none'
      ? `host=${pod.address},port=10776`
      : `server.type=unix,server.path=${(await wayIn(keys)).socket}`
  const from = `driver=nbd,${server},export=${blockNames(uid).export}`
  const to = ['-O', 'qcow2', '-c', '-o', 'compression_type=zstd', join(pod.folder, file)]
  return pod.inPeer('qemu-img', 'convert', '--image-opts', from, ...to)
}

const qmp = (command: string) =>
  pod.control('qmp', ['{"execute":"qmp_capabilities"}', `{"execute":"${command}"}`])
/** Writes and syncs in the guest: it would hang in a frozen one. */
const write = (words: string) =>
  pod.ssh(
    `echo ${words} >>/root-file; dd if=/dev/urandom of=/noise bs=1M count=8 2>/dev/null; sync; echo wrote`,
  )

test('a snapshot holds what the disk held at its moment, and nothing that was written later', async () => {
  await write('before')
  await qmp('stop')
  await take('equal')
  // The guest stands still: what its overlay holds now is the reference.
  const reference = join(pod.folder, 'reference.qcow2')
  const base = `backing.driver=qcow2,backing.file.filename=${join(pod.folder, 'base/disk.qcow2')}`
  const overlay = `driver=qcow2,force-share=on,file.filename=${join(pod.folder, 'overlay/disk.qcow2')},${base}`
  const copied = await ran('qemu-img', ['convert', '--image-opts', overlay, '-O', 'qcow2', reference])
  assert.is(copied.code, 0, copied.stderr)
  await qmp('cont')
  assert.is((await write('after')).stdout, 'wrote\n')
  const worker = puller.start('equal')
  assert.is((await worker.ended).outcome.reason, 'Complete', worker.log())
  const { code, stdout } = await ran('qemu-img', ['compare', join(worker.target, 'disk.qcow2'), reference])
  assert.is(code, 0, stdout)
  // The guest has written since: the disk as it is now is another one.
  const now = join(pod.folder, 'now.qcow2')
  assert.is((await ran('qemu-img', ['convert', '--image-opts', overlay, '-O', 'qcow2', now])).code, 0)
  assert.is((await ran('qemu-img', ['compare', now, reference])).code, 1)
})

test('an operator that comes later finds the moment as it was', async () => {
  const again = await take('equal')
  const { drive, exports } = await disk('look')
  assert.is(drive, blockNames('equal').filter)
  assert.is(exports.length, 1)
  assert.equal(await take('equal'), again)
})

test('the export is served with its key only', async () => {
  for (const keys of ['none', 'control/psk']) {
    const { code, stderr } = await pull('equal', 'refused.qcow2', keys)
    assert.is(code, 1, stderr)
    assert.not.ok(existsSync(join(pod.folder, 'refused.qcow2')))
  }
})

test('afterwards nothing is left in QEMU or on the volume', async () => {
  assert.equal(await disk('release', 'equal'), nothing)
  assert.is(statSync(join(pod.folder, 'overlay/fleece.qcow2')).size, 0)
  assert.equal(await disk('release', 'equal'), nothing)
})

test('what an interrupted preparation left is no hindrance', async () => {
  const [node, file] = [blockNames('torn').file, '/overlay/fleece.qcow2']
  const options = { driver: 'file', filename: file, size: 1 }
  await pod.control('qmp', [
    '{"execute":"qmp_capabilities"}',
    JSON.stringify({ execute: 'blockdev-create', arguments: { 'job-id': 'snap-torn', options } }),
    JSON.stringify({
      execute: 'blockdev-add',
      arguments: { driver: 'file', 'node-name': node, filename: file },
    }),
  ])
  assert.is((await disk('look')).jobs.length, 1)
  await take('torn')
  await take('other') // another snapshot's remains, too
  assert.is((await disk('look')).drive, blockNames('other').filter)
  assert.equal(await disk('release', 'other'), nothing)
})

test('a fleece that is full fails the snapshot, and the guest goes on', async () => {
  // In place, over what is no hole any more: only that takes room in the fleece.
  const lots = 'dd if=/dev/urandom of=/lots bs=1M count=64 conv=notrunc,fsync 2>/dev/null; echo done'
  assert.is((await pod.ssh(lots)).stdout, 'done\n')
  await take('full', 'Never', String(8 * mebibyte))
  assert.is((await pod.ssh(lots)).stdout, 'done\n')
  assert.match((await qmp('query-status')).stdout, /"running": true/)
  assert.is((await pull('full', 'full.qcow2')).code, 1)
  assert.ok(statSync(join(pod.folder, 'overlay/fleece.qcow2')).blocks * 512 <= 8 * mebibyte)
  assert.is((await pod.ssh(lots)).stdout, 'done\n')
  assert.equal(await disk('release', 'full'), nothing)
  assert.is((await write('on')).stdout, 'wrote\n')
})

test('a guest with an agent is frozen for the moment, and thawed', async () => {
  const { quiesced, thawed, pauseMs } = await take('quiet', 'Required')
  assert.equal([quiesced, thawed], [true, true])
  assert.ok(pauseMs > 0)
  assert.is((await write('thawed')).stdout, 'wrote\n')
  assert.equal(await disk('release', 'quiet'), nothing)
})

test('a switch that is killed at any moment leaves no guest frozen', async () => {
  for (let ms = 0; ms < 200; ms += 20) {
    await killSwitchAfter(pod, ms, () => take(`killed-${ms}`, 'Required'))
    assert.is((await write(`killed-${ms}`)).stdout, 'wrote\n')
  }
  assert.equal(await disk('release', 'killed-180'), nothing)
})

test('a guest whose agent is silent is not frozen: refused where it must be, told where it may', async () => {
  await pod.ssh('killall -STOP qemu-ga || killall -STOP early || true')
  const refused = await disk<Switched>('export', 'silent', 'Required')
  assert.equal([refused.switched, refused.reason], [false, 'AgentSilent'])
  assert.equal(await disk('look'), nothing)
  const { quiesced, reason } = await take('silent', 'Auto')
  assert.equal([quiesced, reason], [false, 'AgentSilent'])
  assert.equal(await disk('release', 'silent'), nothing)
})

test.run()

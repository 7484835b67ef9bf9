import { randomBytes } from 'node:crypto'
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { qemuImg, rawDisk, sameDisk } from './images.ts'
import { type Lab, startLab, type Worker } from './lab.ts'
import { offered } from './offered.ts'
import { sha256 } from './pod.ts'
import { waitFor } from './wait-for.ts'

/**
 * Two workers of one volume, which a storage mounts on several nodes at once: the first was cut off and given up before it had begun to
 * write, the second was made in its place, and the first goes on when that one has published.
 */
const MiB = 1024 ** 2
let lab: Lab
let keys: string
let source: string

test.before(async () => {
  lab = await startLab()
  source = lab.fresh()
  rawDisk(join(source, 'disk.raw'), 64 * MiB, 8 * MiB)
  qemuImg('convert', '-f', 'raw', '-O', 'qcow2', '-c', join(source, 'disk.raw'), join(source, 'disk.qcow2'))
  rawDisk(join(source, 'other.raw'), 32 * MiB, 24 * MiB)
  qemuImg('convert', '-f', 'raw', '-O', 'qcow2', join(source, 'other.raw'), join(source, 'other.qcow2'))
  keys = lab.fresh()
  writeFileSync(join(keys, 'keys.psk'), `puller:${randomBytes(32).toString('hex')}\n`)
  chmodSync(join(keys, 'keys.psk'), 0o444)
})
test.after(() => lab.remove())

/** A worker that waits for its source. */
async function cutOff(target: string, env: Readonly<Record<string, string>> = {}): Promise<Worker> {
  const nbd = { WORKER_NBD: '10.244.77.1:10999/snap', WORKER_AWAIT_SECONDS: '600' }
  const worker = lab.start({ job: 'pull', target, nbd: keys, env: { ...nbd, ...env } })
  await waitFor(
    () => readdirSync(join(worker.folder, 'run')).includes('errors') || undefined,
    30,
    () => worker.log(),
  )
  return worker
}

/** Its source comes, and it goes on to its end. */
async function goesOn(worker: Worker, file: string) {
  const { stop } = await offered(lab, keys, join(source, file), '-r', '-f', 'raw')
  const end = await worker.ended
  await stop()
  return end
}

/** What is in place on the volume: by its inode, so that the same content in another file is another one. */
const inPlace = async (target: string) => ({
  disk: statSync(join(target, 'disk.qcow2')).ino,
  sha256: await sha256(join(target, 'disk.qcow2')),
  record: readFileSync(join(target, 'disk.json'), 'utf8'),
  names: readdirSync(target).sort(),
})

test('what one worker has published another does not replace, and takes for what was asked for', async () => {
  const target = lab.fresh()
  const late = await cutOff(target)
  const first = await lab.run({ job: 'import-claim', target, source })
  assert.is(first.code, 0, first.log)
  const before = await inPlace(target)
  const end = await goesOn(late, 'other.raw')
  assert.equal([end.code, end.outcome], [0, first.outcome], late.log())
  assert.equal(await inPlace(target), before)
  assert.ok(sameDisk(join(source, 'disk.raw'), 'raw', join(target, 'disk.qcow2'), 'qcow2'))
})

test('one that was to make something else says why it did not', async () => {
  const target = lab.fresh()
  const other = join(source, 'other.qcow2')
  const late = await cutOff(target, {
    WORKER_EXPORT: 'file',
    WORKER_FILE_BYTES: String(statSync(other).size),
    WORKER_DIGEST: `sha256:${await sha256(other)}`,
  })
  const first = await lab.run({
    job: 'import-claim',
    target,
    source,
    env: { WORKER_DIGEST: `sha256:${await sha256(join(source, 'disk.qcow2'))}` },
  })
  assert.is(first.code, 0, first.log)
  const before = await inPlace(target)
  const { code, outcome } = await goesOn(late, 'other.qcow2')
  assert.equal([code, outcome.reason], [1, 'TargetFailed'], late.log())
  assert.match(outcome.message, /another worker/i)
  assert.equal(await inPlace(target), before)
})

test.run()

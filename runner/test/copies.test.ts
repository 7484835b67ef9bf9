import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, chownSync, existsSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { qemuImg, rawDisk, sameDisk } from './images.ts'
import { type Lab, peerAddress, podAddress, startLab } from './lab.ts'
import { offered } from './offered.ts'
import { sha256 } from './pod.ts'
import { type Ran, ran } from './ran.ts'
import { waitFor } from './wait-for.ts'

const MiB = 1024 ** 2
const tunnelScript = join(import.meta.dirname, 'tunnel.ts')
let lab: Lab
let keys: string
let strangerKeys: string

function makeKeys(): string {
  const folder = lab.fresh()
  writeFileSync(join(folder, 'keys.psk'), `puller:${randomBytes(32).toString('hex')}\n`)
  chmodSync(join(folder, 'keys.psk'), 0o440)
  chownSync(join(folder, 'keys.psk'), 0, 1000)
  return folder
}

/** Exports a file to the pod's network, read-only; resolves once it can be connected to. */
const exported = (file: string, format: string, ...more: string[]) =>
  offered(lab, keys, file, ...['-r', ...more], ...(format === '' ? [] : ['-f', format]))

/** A socket that leads to the export of the pod's worker, with this key. */
async function wayIn(withKeys: string): Promise<string> {
  const socket = join(lab.fresh(), 'nbd')
  const there = [socket, podAddress, '10776', join(withKeys, 'keys.psk')]
  lab.spawn('peer', process.execPath, tunnelScript, 'client', ...there)
  await waitFor(
    () => (existsSync(socket) ? true : undefined),
    10,
    () => 'the tunnel does not listen',
  )
  return socket
}

/** Copies what the worker exports, as it is. */
function copied(socket: string, to: string): Promise<Ran> {
  const there = `driver=nbd,server.type=unix,server.path=${socket},export=disk`
  return lab.inPeer('qemu-img', 'convert', '--image-opts', '-O', 'raw', there, to)
}

test.before(async () => {
  lab = await startLab()
  keys = makeKeys()
  strangerKeys = makeKeys()
})
test.after(() => lab.remove())

test('a pull makes a compressed, flat image of what another pod exports', async () => {
  const disk = join(lab.fresh(), 'disk.raw')
  rawDisk(disk, 64 * MiB, 8 * MiB)
  execFileSync('sh', ['-c', `yes | head -c 16M | dd of=${disk} bs=1M seek=20 conv=notrunc status=none`])
  const source = await exported(disk, 'raw')
  const end = await lab.run({ job: 'pull', nbd: keys, env: { ...source.env, WORKER_COMPRESS: 'zstd' } })
  await source.stop()

  assert.is(end.code, 0, end.log)
  const made = join(end.target, 'disk.qcow2')
  assert.ok(sameDisk(disk, 'raw', made, 'qcow2'))
  assert.is(end.outcome.sha256, await sha256(made))
  assert.is(end.outcome.virtualSize, 64 * MiB)
  assert.ok(end.outcome.size < 10 * MiB, `${end.outcome.size} bytes`)
  assert.is(
    JSON.parse(qemuImg('info', '--output=json', made))['format-specific'].data['compression-type'],
    'zstd',
  )
})

test('a pull waits for an export that is not there yet', async () => {
  const env = { WORKER_NBD: `${peerAddress}:10999/snap`, WORKER_AWAIT_SECONDS: '120' }
  const worker = lab.start({ job: 'pull', nbd: keys, env })
  await waitFor(
    () => (existsSync(join(worker.folder, 'run/errors')) ? true : undefined),
    30,
    () => 'it has not looked for the export',
  )
  const disk = join(lab.fresh(), 'disk.raw')
  rawDisk(disk)
  const source = await exported(disk, 'raw')
  const { code } = await worker.ended
  await source.stop()
  assert.is(code, 0, worker.log())
  assert.ok(sameDisk(disk, 'raw', join(worker.target, 'disk.qcow2'), 'qcow2'))
})

test('an export that never comes is waited for no longer than asked', async () => {
  const env = { WORKER_NBD: `${peerAddress}:10998/snap`, WORKER_AWAIT_SECONDS: '1' }
  const end = await lab.run({ job: 'pull', nbd: keys, env })
  assert.is(end.outcome.reason, 'SourceLost', end.log)
  assert.is(end.code, 1)
})

test('a pull with another key gets nothing', async () => {
  const disk = join(lab.fresh(), 'disk.raw')
  rawDisk(disk)
  const source = await exported(disk, 'raw')
  const end = await lab.run({ job: 'pull', nbd: strangerKeys, env: source.env })
  await source.stop()
  assert.is(end.outcome.reason, 'SourceLost')
  assert.is(end.code, 1)
  assert.equal(readdirSync(end.target), [])
})

test('a source that ends in the middle of a pull is told, and nothing is left', async () => {
  const disk = join(lab.fresh(), 'disk.raw')
  rawDisk(disk, 64 * MiB, 48 * MiB)
  // A slow source: the pull must still be under way when it ends.
  const source = await slowExport(disk)
  const worker = lab.start({ job: 'pull', nbd: keys, env: source.env })
  await worker.until(({ phase, progress }) => phase === 'Downloading' && (progress ?? 0) > 0)
  await source.stop()
  const end = await worker.ended
  assert.is(end.outcome.reason, 'SourceLost', JSON.stringify(end.outcome))
  assert.is(end.code, 1)
  assert.equal(readdirSync(worker.target), [])
})

test('a compressed pull onto a volume that is too small says so, leaves nothing there, and lets the export go', async () => {
  const disk = join(lab.fresh(), 'disk.raw')
  rawDisk(disk, 64 * MiB, 48 * MiB)
  const source = await exported(disk, 'raw')
  const target = lab.fresh()
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m,uid=1000,gid=1000', 'tmpfs', target])
  try {
    const env = { ...source.env, WORKER_COMPRESS: 'zstd' }
    const end = await lab.run({ job: 'pull', nbd: keys, target, env })
    assert.equal([end.outcome.reason, end.code], ['NoSpace', 1], end.log)
    assert.match(end.outcome.message, /full, with 8 MiB in all/)
    assert.equal(readdirSync(target), [])
    const connected = () =>
      lab.inPeer('cat', '/proc/net/tcp').then(({ stdout }) => /:2AF7 \S+ 01 /.test(stdout))
    await waitFor(
      async () => ((await connected()) ? undefined : true),
      10,
      () => 'the export is still connected to',
    )
  } finally {
    await source.stop()
    execFileSync('umount', ['-l', target])
  }
})

test('a source that falls silent without closing is given up', async () => {
  const disk = join(lab.fresh(), 'disk.raw')
  rawDisk(disk, 64 * MiB, 48 * MiB)
  const source = await slowExport(disk)
  const worker = lab.start({ job: 'pull', nbd: keys, env: { ...source.env, WORKER_STALL_SECONDS: '3' } })
  await worker.until(({ phase, progress }) => phase === 'Downloading' && (progress ?? 0) > 0)
  source.server.kill('SIGSTOP')
  const end = await worker.ended
  await source.stop()
  assert.is(end.outcome.reason, 'SourceLost', JSON.stringify(end.outcome))
  assert.match(end.outcome.message, /nothing for 3 s/)
})

test('a target volume that takes nothing more is not called a silent source', async () => {
  const disk = join(lab.fresh(), 'disk.raw')
  rawDisk(disk, 64 * MiB, 48 * MiB)
  const image = join(lab.fresh(), 'ext4')
  execFileSync('truncate', ['-s', '128M', image])
  execFileSync('mkfs.ext4', ['-q', '-E', 'root_owner=1000:1000', image])
  const target = lab.fresh()
  execFileSync('mount', ['-o', 'loop', image, target])
  const source = await slowExport(disk)
  const env = { ...source.env, WORKER_STALL_SECONDS: '3' }
  const worker = lab.start({ job: 'pull', nbd: keys, target, env })
  await worker.until(({ phase, progress }) => phase === 'Downloading' && (progress ?? 0) > 0)
  execFileSync('fsfreeze', ['--freeze', target])
  try {
    await waitFor(
      () => worker.processes().find(({ name }) => name === 'rm'),
      20,
      () => `the pull is not given up: ${worker.log()}`,
    )
  } finally {
    execFileSync('fsfreeze', ['--unfreeze', target])
  }
  const end = await worker.ended
  await source.stop()
  const left = readdirSync(target)
  execFileSync('umount', ['-l', target])
  assert.equal([end.outcome.reason, end.code], ['TargetStalled', 1], JSON.stringify(end.outcome))
  assert.match(end.outcome.message, /target volume has taken nothing for 3 s/)
  assert.equal(left, ['lost+found'])
})

function slowExport(disk: string) {
  return exported(
    `driver=throttle,throttle-group=g,file.driver=raw,file.file.driver=file,file.file.filename=${disk}`,
    '',
    '--image-opts',
    '--object',
    'throttle-group,id=g,x-bps-read=2097152',
  )
}

test('an export of more than is allowed is refused', async () => {
  const disk = join(lab.fresh(), 'disk.raw')
  rawDisk(disk)
  truncateSync(disk, 2048 * MiB)
  const source = await exported(disk, 'raw')
  const end = await lab.run({ job: 'pull', nbd: keys, env: source.env })
  await source.stop()
  assert.is(end.outcome.reason, 'ImageTooLarge')
  assert.is(end.code, 2)
})

test('a worker serves a ready image to who has the key, read-only', async () => {
  const ready = lab.fresh()
  rawDisk(join(ready, 'disk.raw'))
  qemuImg('convert', '-O', 'qcow2', '-f', 'raw', join(ready, 'disk.raw'), join(ready, 'disk.qcow2'))
  const worker = lab.start({ job: 'serve', source: ready, nbd: keys })
  await worker.until(({ phase }) => phase === 'Serving')
  const copy = join(lab.fresh(), 'copy.raw')
  const socket = await wayIn(keys)
  await waitFor(
    async () => ((await copied(socket, copy)).code === 0 ? true : undefined),
    10,
    () => worker.log(),
  )
  assert.is((await ran('cmp', [copy, join(ready, 'disk.raw')])).code, 0)
  assert.is.not((await copied(await wayIn(strangerKeys), copy)).code, 0)
  const plain = await lab.inPeer('qemu-img', 'info', `nbd://${podAddress}:10776/disk`)
  assert.is.not(plain.code, 0, 'without a key')
  worker.signal('SIGTERM')
  assert.is((await worker.ended).code, 0)
})

/** A compressed image whose file does not end with a sector. */
function oddImage() {
  const folder = lab.fresh()
  const disk = join(folder, 'disk.raw')
  const file = join(folder, 'disk.qcow2')
  rawDisk(disk, 64 * MiB, 8 * MiB)
  qemuImg('convert', '-c', '-O', 'qcow2', '-f', 'raw', disk, file)
  truncateSync(file, statSync(file).size + 100)
  return { folder, file, bytes: statSync(file).size }
}

test('a copy of an image is the same file, byte by byte', async () => {
  const { file, bytes } = oddImage()
  const digest = await sha256(file)
  const source = await exported(file, 'raw')
  const env = {
    ...source.env,
    WORKER_EXPORT: 'file',
    WORKER_FILE_BYTES: String(bytes),
    WORKER_DIGEST: `sha256:${digest}`,
  }
  const end = await lab.run({ job: 'pull', nbd: keys, env })
  assert.is(end.code, 0, end.log)
  assert.is(end.outcome.sha256, digest)
  assert.is((await ran('cmp', [file, join(end.target, 'disk.qcow2')])).code, 0)

  const again = await lab.run({ job: 'pull', nbd: keys, env, target: end.target })
  assert.is(again.outcome.sha256, digest)
  const other = { ...env, WORKER_DIGEST: `sha256:${'0'.repeat(64)}` }
  const wrong = await lab.run({ job: 'pull', nbd: keys, env: other })
  await source.stop()
  assert.is(wrong.outcome.reason, 'DigestMismatch', wrong.log)
  assert.is(wrong.code, 1)
  assert.equal(readdirSync(wrong.target), [])
})

test('a worker serves the file of an image as it is', async () => {
  const { folder, file, bytes } = oddImage()
  const worker = lab.start({ job: 'serve', source: folder, nbd: keys, env: { WORKER_EXPORT: 'file' } })
  await worker.until(({ phase }) => phase === 'Serving')
  const copy = join(lab.fresh(), 'copy')
  const socket = await wayIn(keys)
  await waitFor(
    async () => ((await copied(socket, copy)).code === 0 ? true : undefined),
    10,
    () => worker.log(),
  )
  truncateSync(copy, bytes)
  assert.is((await ran('cmp', [copy, file])).code, 0)
  worker.signal('SIGTERM')
  assert.is((await worker.ended).code, 0)
})

/** An empty disk of 64 MiB that may take so much, as a VM offers it for its rescue. */
function emptyDisk(roomMebibytes: number) {
  const file = join(lab.fresh(), 'rescue.qcow2')
  qemuImg('create', '-q', '-f', 'qcow2', '-o', 'compression_type=zstd', file, '64M')
  truncateSync(file, roomMebibytes * MiB)
  const bound = `file.file.driver=raw,file.file.size=${roomMebibytes * MiB},file.file.file.driver=file`
  const graph = `driver=compress,file.driver=qcow2,${bound},file.file.file.filename=${file}`
  return { file, graph }
}

/** A claim with an image of 64 MiB: noise, and what can be compressed. */
function claimWith(noiseMebibytes: number): string {
  const folder = lab.fresh()
  const disk = join(lab.fresh(), 'disk.raw')
  rawDisk(disk, 64 * MiB, noiseMebibytes * MiB)
  execFileSync('sh', ['-c', `yes | head -c 16M | dd of=${disk} bs=1M seek=40 conv=notrunc status=none`])
  qemuImg('convert', '-O', 'qcow2', '-f', 'raw', disk, join(folder, 'disk.qcow2'))
  return folder
}

test('an image is written to the disk that another pod offers, compressed', async () => {
  const { file, graph } = emptyDisk(24)
  const source = claimWith(8)
  const vm = await offered(lab, keys, graph, '--image-opts')
  const end = await lab.run({ job: 'fill', source, nbd: keys, env: vm.env })
  await vm.stop()
  assert.is(end.code, 0, end.log)
  assert.is(end.outcome.reason, 'Filled')
  assert.ok(sameDisk(join(source, 'disk.qcow2'), 'qcow2', file, 'qcow2'))
})

test('one that does not fit there is refused, with both sizes', async () => {
  const { graph } = emptyDisk(16)
  const vm = await offered(lab, keys, graph, '--image-opts')
  const env = { ...vm.env, WORKER_ROOM_BYTES: String(16 * MiB) }
  const end = await lab.run({ job: 'fill', source: claimWith(24), nbd: keys, env })
  await vm.stop()
  assert.is(end.outcome.reason, 'NoSpace', end.log)
  assert.match(end.outcome.message, /room that the VM has for it, 16 MiB.* its file takes 4\d MiB/)
  assert.is(end.code, 2)
})

test('so is one that is larger than the disk', async () => {
  const disk = join(lab.fresh(), 'disk.raw')
  rawDisk(disk, 16 * MiB)
  const vm = await offered(lab, keys, disk, '-f', 'raw')
  const end = await lab.run({ job: 'fill', source: claimWith(1), nbd: keys, env: vm.env })
  await vm.stop()
  assert.is(end.outcome.reason, 'ImageTooLarge', end.log)
  assert.match(end.outcome.message, /a disk of 64 MiB, and that of the VM is smaller/)
})

test('a VM that goes away while its disk is written is told, and may be tried again', async () => {
  const { graph } = emptyDisk(64)
  const vm = await offered(lab, keys, graph, '--image-opts')
  await vm.stop()
  const end = await lab.run({ job: 'fill', source: claimWith(8), nbd: keys, env: vm.env })
  assert.equal([end.outcome.reason, end.code], ['SourceLost', 1], end.log)
})

test.run()

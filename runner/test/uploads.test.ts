import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { qemuImg, rawDisk, sameDisk } from './images.ts'
import { type Lab, podAddress, startLab, type Worker } from './lab.ts'
import { sha256 } from './pod.ts'
import { waitFor } from './wait-for.ts'

const MiB = 1024 ** 2
const token = randomBytes(24).toString('base64url')
const url = `http://${podAddress}:10779/`
let lab: Lab
let auth: string
const at = (name: string) => join(lab.files, name)

test.before(async () => {
  lab = await startLab()
  auth = lab.fresh()
  writeFileSync(join(auth, 'token'), token)
  chmodSync(join(auth, 'token'), 0o444)
  rawDisk(at('disk.raw'))
})
test.after(() => lab.remove())

/** Starts a worker that receives; resolves once its port answers. */
async function receiver(env: Readonly<Record<string, string>> = {}, target = lab.fresh()): Promise<Worker> {
  const worker = lab.start({ job: 'receive', auth, env, target })
  await worker.until(({ phase }) => phase === 'Receiving')
  await waitFor(
    async () => ((await curl('-o', '/dev/null', url)).code === 0 ? true : undefined),
    10,
    () => worker.log(),
  )
  return worker
}

const curl = (...words: string[]) => lab.inPeer('curl', '-sS', '-m', '300', ...words)

/** Uploads a file as the documentation says; gives the HTTP status. */
async function upload(file: string, ...more: string[]): Promise<string> {
  const done = await curl(
    '-o',
    '/dev/null',
    '-w',
    '%{http_code}',
    '-T',
    file,
    '-H',
    `Authorization: Bearer ${token}`,
    ...more,
    url,
  )
  return done.stdout
}

test('an upload by curl becomes the image, and only one is taken', async () => {
  const worker = await receiver()
  assert.is(await upload(at('disk.raw')), '201')
  const end = await worker.ended
  assert.is(end.code, 0, worker.log())
  assert.ok(sameDisk(at('disk.raw'), 'raw', join(worker.target, 'disk.qcow2'), 'qcow2'))
  assert.is(end.outcome.sourceDigest, `sha256:${await sha256(at('disk.raw'))}`)
  assert.equal(readdirSync(worker.target).sort(), ['disk.json', 'disk.qcow2'])
})

test('an upload is taken over IPv6 too', async () => {
  const worker = await receiver()
  const done = await curl(
    '-T',
    at('disk.raw'),
    '-H',
    `Authorization: Bearer ${token}`,
    'http://[fd77::7]:10779/',
  )
  assert.is(done.code, 0, done.stderr)
  const end = await worker.ended
  assert.is(end.code, 0, worker.log())
})

test('a packed upload of unknown length becomes the image', async () => {
  execFileSync('sh', ['-c', `zstd -q -c ${at('disk.raw')} >${at('disk.zst')}`])
  const digest = `sha256:${await sha256(at('disk.zst'))}`
  const worker = await receiver({ WORKER_DIGEST: digest })
  assert.is(await upload(at('disk.zst'), '-H', 'Transfer-Encoding: chunked'), '201')
  const end = await worker.ended
  assert.is(end.code, 0, worker.log())
  assert.is(end.outcome.sourceDigest, digest)
  assert.ok(sameDisk(at('disk.raw'), 'raw', join(worker.target, 'disk.qcow2'), 'qcow2'))
})

test('strangers, other methods and too large files are refused, a broken upload is tried again', async () => {
  const worker = await receiver({ WORKER_MAX_BYTES: String(64 * MiB) })
  const stranger = (...words: string[]) => curl('-o', '/dev/null', '-w', '%{http_code}', ...words, url)
  const bearer = ['-H', `Authorization: Bearer ${token}`]
  assert.is((await stranger('-T', at('disk.raw'))).stdout, '401')
  assert.is((await stranger('-T', at('disk.raw'), '-H', `Authorization: Bearer ${token}x`)).stdout, '401')
  assert.is(
    (await stranger('-T', at('disk.raw'), '-H', `Authorization: Bearer ${token.toUpperCase()}`)).stdout,
    '401',
  )
  assert.is((await stranger(...bearer)).stdout, '405')
  assert.is((await stranger('-X', 'DELETE', ...bearer)).stdout, '405')
  rawDisk(at('large.raw'))
  truncateSync(at('large.raw'), 80 * MiB)
  assert.is(await upload(at('large.raw')), '413')
  assert.is(await upload(at('large.raw'), '-H', 'Transfer-Encoding: chunked'), '413')

  const broken = lab.spawn(
    'peer',
    'curl',
    '-sS',
    '--limit-rate',
    '512K',
    '-T',
    at('disk.raw'),
    ...bearer,
    url,
  )
  const length = statSync(at('disk.raw')).size
  await worker.until(({ bytes, totalBytes }) => bytes > MiB && totalBytes === length)
  broken.kill('SIGKILL')
  await worker.until(({ bytes, totalBytes }) => bytes === 0 && totalBytes === null)
  assert.is(await upload(at('disk.raw')), '201')
  assert.is((await worker.ended).code, 0, worker.log())
  assert.ok(sameDisk(at('disk.raw'), 'raw', join(worker.target, 'disk.qcow2'), 'qcow2'))
})

test('an upload server that dies is started again', async () => {
  const worker = await receiver()
  for (const { name, pid } of worker.processes()) if (name === 'nginx') process.kill(pid, 'SIGKILL')
  await waitFor(
    async () => ((await upload(at('disk.raw'))) === '201' ? true : undefined),
    15,
    () => worker.log(),
  )
  assert.is((await worker.ended).code, 0, worker.log())
})

test('the checks of an upload are those of a download', async () => {
  const worker = await receiver()
  qemuImg('create', '-q', '-u', '-f', 'qcow2', '-b', '/auth/token', '-F', 'raw', at('backed'), '16M')
  assert.is(await upload(at('backed')), '201')
  const end = await worker.ended
  assert.is(end.outcome.reason, 'BackingFile')
  assert.is(end.code, 2)
  assert.equal(readdirSync(worker.target), [])
})

test('another upload than the digest says is refused', async () => {
  const worker = await receiver({ WORKER_DIGEST: `sha256:${'1'.repeat(64)}` })
  assert.is(await upload(at('disk.raw')), '201')
  assert.is((await worker.ended).outcome.reason, 'DigestMismatch')
})

const small: ReadonlyArray<{ what: string; mebibytes: number; data: number; says: RegExp }> = [
  {
    what: 'the upload, which its length tells at once',
    mebibytes: 10,
    data: 24,
    says: /The upload has 32 MiB, and the target volume room for \d+ MiB: ask for a larger one/,
  },
  {
    what: 'the image made of it besides',
    mebibytes: 48,
    data: 24,
    says: /full, with 48 MiB in all, 32 MiB of which the file takes that the image is made of: ask/,
  },
]
for (const { what, mebibytes, data, says } of small) {
  test(`a volume that is too small for ${what} is told, and is empty again`, async () => {
    const target = lab.fresh()
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,uid=1000,gid=1000`, 'tmpfs', target])
    try {
      rawDisk(at('large.raw'), 32 * MiB, data * MiB)
      const worker = await receiver({}, target)
      await upload(at('large.raw'))
      const end = await worker.ended
      assert.is(end.outcome.reason, 'NoSpace', JSON.stringify(end.outcome))
      assert.match(end.outcome.message, says, end.outcome.message)
      assert.is(end.code, 1)
      assert.equal(readdirSync(target), [])
    } finally {
      execFileSync('umount', ['-l', target])
    }
  })
}

test('a token that could change the configuration is refused', async () => {
  const folder = lab.fresh()
  writeFileSync(join(folder, 'token'), 'a" ) { return 200; } #')
  chmodSync(join(folder, 'token'), 0o444)
  const end = await lab.run({ job: 'receive', auth: folder })
  assert.is(end.outcome.reason, 'Unauthorized')
  assert.is(end.code, 2)
})

test.run()

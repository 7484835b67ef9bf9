import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { qemuImg, rawDisk, sameDisk } from './images.ts'
import { type Lab, startLab } from './lab.ts'
import { sha256 } from './pod.ts'

const MiB = 1024 ** 2
let lab: Lab
const at = (name: string) => join(lab.files, name)

test.before(async () => {
  lab = await startLab()
  rawDisk(at('disk.raw'))
  rawDisk(at('disk.raw.other'))
  for (const name of ['', '.other'])
    qemuImg('convert', '-f', 'raw', '-O', 'qcow2', '-c', at(`disk.raw${name}`), at(`disk.qcow2${name}`))
})
test.after(() => lab.remove())

const healed = [
  {
    name: 'a transfer that breaks again and again is taken up where it broke',
    path: 'drop/4000000/disk.raw',
    asks: 6,
  },
  {
    name: 'a transfer that breaks on a server without ranges begins anew',
    path: 'drop-no-range/4000000/disk.raw',
  },
  { name: 'a server that is busy is asked again', path: 'busy/503/1/disk.raw' },
  { name: 'a server that does not tell the length is believed', path: 'chunked/disk.raw' },
  { name: 'redirects are followed', path: 'hops/3/disk.raw' },
  {
    name: 'a redirect whose end is not good any more is followed anew',
    path: 'lapse/0/disk.raw',
  },
  {
    name: 'a redirect whose end is not good any more when the transfer has broken is followed anew',
    path: 'lapse/4000000/disk.raw',
  },
  {
    name: 'so it is for a qcow2, which is written as it comes',
    path: 'lapse/1000000/disk.qcow2',
    file: 'disk.qcow2',
  },
  {
    name: 'a file of which the server does not say whether it has changed is taken up where it broke if there is a digest',
    path: 'drop-untold/4000000/disk.raw',
    asks: 6,
  },
  {
    name: 'a qcow2, which is written as it comes, is taken up where it broke',
    path: 'drop/1000000/disk.qcow2',
    file: 'disk.qcow2',
    asks: 5,
  },
  {
    name: 'a qcow2 that breaks on a server without ranges begins anew',
    path: 'drop-no-range/1000000/disk.qcow2',
    file: 'disk.qcow2',
  },
  { name: 'a qcow2 whose length is not told', path: 'chunked/disk.qcow2', file: 'disk.qcow2' },
] as const
for (const { name, path, ...more } of healed) {
  test(name, async () => {
    const before = lab.requests().length
    const digest = `sha256:${await sha256(at('file' in more ? more.file : 'disk.raw'))}`
    const end = await lab.run({
      job: 'import-http',
      env: { WORKER_URL: `${lab.url}/${path}`, WORKER_DIGEST: digest },
    })
    assert.is(end.code, 0, end.log)
    assert.ok(sameDisk(at('disk.raw'), 'raw', join(end.target, 'disk.qcow2'), 'qcow2'))
    if ('asks' in more) assert.is(lab.requests().length - before, more.asks)
  })
}

const changed = [
  'changed/4000000/disk.raw',
  'changed/1000000/disk.qcow2',
  'changed-untold/4000000/disk.raw',
  'changed-untold/1000000/disk.qcow2',
]
for (const path of changed) {
  test(`a file that changes while it is downloaded is downloaded anew, not mixed: ${path}`, async () => {
    const end = await lab.run({ job: 'import-http', env: { WORKER_URL: `${lab.url}/${path}` } })
    assert.is(end.code, 0, end.log)
    assert.ok(sameDisk(at('disk.raw.other'), 'raw', join(end.target, 'disk.qcow2'), 'qcow2'))
  })
}

test('a qcow2 that does not end is stopped at the bound', async () => {
  // Of tables, as many as a disk of that size can have are allowed on top.
  const big = at('big.qcow2')
  rawDisk(`${big}.raw`, 64 * MiB, 48 * MiB)
  qemuImg('convert', '-f', 'raw', '-O', 'qcow2', `${big}.raw`, big)
  const env = { WORKER_URL: `${lab.url}/chunked/big.qcow2`, WORKER_MAX_BYTES: String(8 * MiB) }
  const end = await lab.run({ job: 'import-http', env })
  assert.is(end.outcome.reason, 'ImageTooLarge', JSON.stringify(end.outcome))
  assert.equal(readdirSync(end.target), [])
})

const failures = [
  {
    name: 'a download that never gets whole is told',
    path: 'short/4000000/disk.raw',
    reason: 'Truncated',
    code: 1,
  },
  {
    name: 'a download of unknown length that breaks is told',
    path: 'chunked-short/4000000/disk.raw',
    reason: 'Truncated',
    code: 1,
  },
  { name: 'a file that is not there is refused', path: 'nothing', reason: 'HTTPError', code: 2 },
  { name: 'a file that wants credentials is refused', path: 'status/401', reason: 'HTTPError', code: 2 },
  {
    name: 'a redirect to what none may read is refused',
    path: 'to//status/403',
    reason: 'HTTPError',
    code: 2,
  },
  { name: 'a server that fails may heal', path: 'status/500', reason: 'HTTPError', code: 1 },
  { name: 'redirects in a circle are refused', path: 'hops/30/disk.raw', reason: 'HTTPError', code: 2 },
] as const
for (const { name, path, reason, code } of failures) {
  test(name, async () => {
    const end = await lab.run({ job: 'import-http', env: { WORKER_URL: `${lab.url}/${path}` } })
    assert.is(end.outcome.reason, reason, JSON.stringify(end.outcome))
    assert.is(end.code, code)
    assert.equal(readdirSync(end.target), [])
  })
}

test('a server that is not there may heal', async () => {
  const end = await lab.run({ job: 'import-http', env: { WORKER_URL: 'http://10.244.77.1:9/disk.raw' } })
  assert.is(end.outcome.reason, 'HTTPError')
  assert.is(end.code, 1)
})

test('secrets in an address are in no message', async () => {
  const url = `${lab.url.replace('//', '//user:hidden@')}/status/404?token=hidden`
  const end = await lab.run({ job: 'import-http', env: { WORKER_URL: url } })
  assert.is(end.outcome.reason, 'HTTPError')
  assert.not.match(end.outcome.message + end.log, /hidden/)
})

test('a deadline ends the job', async () => {
  const end = await lab.run({
    job: 'import-http',
    env: { WORKER_URL: `${lab.url}/stall/4000000/disk.raw`, WORKER_DEADLINE_SECONDS: '2' },
  })
  assert.is(end.outcome.reason, 'DeadlineExceeded')
  assert.is(end.code, 1)
  assert.equal(readdirSync(end.target), [])
})

test('the state tells how far a download is, over the control port too', async () => {
  const worker = lab.start({ job: 'import-http', env: { WORKER_URL: `${lab.url}/stall/8388608/disk.raw` } })
  const state = await worker.until(({ phase, progress }) => phase === 'Downloading' && progress === 50)
  assert.is(state.bytes, 8388608)
  assert.is(state.totalBytes, 16777216)
  const answer = await worker.ask()
  assert.is(JSON.parse(answer.stdout).phase, 'Downloading', answer.stderr)
  worker.signal('SIGTERM')
  const end = await worker.ended
  assert.is(end.outcome.reason, 'Terminated')
  assert.equal(readdirSync(worker.target), [])
})

test.run()

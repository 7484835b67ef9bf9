import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { rawDisk, sameDisk } from './images.ts'
import { type Lab, peerAddress, startLab } from './lab.ts'
import { waitFor } from './wait-for.ts'

let lab: Lab
let secrets: string
let secretRequests = ''

test.before(async () => {
  lab = await startLab()
  rawDisk(join(lab.files, 'disk.raw'))
  secrets = lab.fresh()
  rawDisk(join(secrets, 'disk.raw'))
  const here = import.meta.dirname
  const names = lab.spawn('peer', process.execPath, join(here, 'dns-server.ts'), peerAddress, peerAddress)
  const inside = lab.spawn(
    'pod',
    process.execPath,
    join(here, 'faulty-server.ts'),
    secrets,
    '127.0.0.1',
    '8080',
  )
  let words = ''
  names.stdout?.on('data', (chunk) => {
    words += chunk
  })
  inside.stdout?.on('data', (chunk) => {
    secretRequests += chunk
  })
  await waitFor(
    () => (words.includes('listening') && secretRequests.includes('listening') ? true : undefined),
    10,
    () => 'the servers do not listen',
  )
})
test.after(() => lab.remove())

const run = (url: string) => lab.run({ job: 'import-http', env: { WORKER_URL: url } })

test('a name that leads elsewhere by the second question is asked once for one download', async () => {
  const end = await run('http://turns-1.test:8080/drop/9000000/disk.raw')
  assert.is(end.code, 0, end.log)
  assert.ok(sameDisk(join(lab.files, 'disk.raw'), 'raw', join(end.target, 'disk.qcow2'), 'qcow2'))
})

test('a redirect to the same name is judged by the address that it has by then', async () => {
  const end = await run('http://turns-2.test:8080/hops/1/disk.raw')
  assert.is(end.code, 0, end.log)
  const refused = await run('http://turns-2.test:8080/hops/1/disk.raw')
  assert.is(refused.outcome.reason, 'AddressRefused', JSON.stringify(refused.outcome))
})

test('of several addresses only those that are allowed are used', async () => {
  const end = await run('http://both.test:8080/disk.raw')
  assert.is(end.code, 0, end.log)
  assert.ok(sameDisk(join(lab.files, 'disk.raw'), 'raw', join(end.target, 'disk.qcow2'), 'qcow2'))
})

test('a name that does not exist may come', async () => {
  const end = await run('http://nobody.test/disk.raw')
  assert.is(end.outcome.reason, 'HTTPError')
  assert.is(end.code, 1)
  assert.match(end.outcome.message, /nobody.test cannot be resolved/)
})

test('the server inside the pod was never asked', () => {
  assert.is(secretRequests.trim(), 'listening')
})

test.run()

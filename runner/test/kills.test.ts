import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { qemuImg, rawDisk, sameDisk } from './images.ts'
import { type Lab, startLab, type Worker } from './lab.ts'
import { sha256 } from './pod.ts'
import { waitFor } from './wait-for.ts'

const MiB = 1024 ** 2
let lab: Lab
const at = (name: string) => join(lab.files, name)

test.before(async () => {
  lab = await startLab()
  rawDisk(at('disk.raw'), 96 * MiB, 48 * MiB)
  qemuImg('convert', '-f', 'raw', '-O', 'qcow2', '-c', at('disk.raw'), at('disk.qcow2'))
})
test.after(() => lab.remove())

const phases = ['Preparing', 'Downloading', 'Converting', 'Checking', 'Publishing']

/** Starts an import, and kills all of it when it has come as far as the phase, or as near to it as can be seen. */
async function killedIn(phase: string, env: Readonly<Record<string, string>>): Promise<Worker> {
  const worker = lab.start({ job: 'import-http', env })
  await worker.until((state) => phases.indexOf(state.phase) >= phases.indexOf(phase))
  worker.signal('SIGKILL')
  await worker.ended
  return worker
}

for (const phase of phases) {
  test(`a worker that is killed while ${phase} leaves no half-made image, and the next one completes the job`, async () => {
    const env = {
      WORKER_URL: `${lab.url}/disk.qcow2`,
      WORKER_DIGEST: `sha256:${await sha256(at('disk.qcow2'))}`,
    }
    const killed = await killedIn(phase, env)
    if (existsSync(join(killed.target, 'disk.qcow2')))
      assert.ok(existsSync(join(killed.target, 'disk.json')), 'a disk without its record')
    const end = await lab.run({ job: 'import-http', target: killed.target, env })
    assert.is(end.code, 0, end.log)
    assert.ok(sameDisk(at('disk.raw'), 'raw', join(end.target, 'disk.qcow2'), 'qcow2'))
    assert.is(end.outcome.sha256, await sha256(join(end.target, 'disk.qcow2')))
    assert.equal(readdirSync(end.target).sort(), ['disk.json', 'disk.qcow2'])
  })
}

test('a worker that is started again on a finished volume says so at once, without the source', async () => {
  const first = await lab.run({ job: 'import-http', env: { WORKER_URL: `${lab.url}/disk.qcow2` } })
  const again = await lab.run({
    job: 'import-http',
    target: first.target,
    env: { WORKER_URL: `${lab.url}/status/500` },
  })
  assert.is(again.code, 0)
  assert.equal(again.outcome, first.outcome)
})

test('a finished volume of another source is made anew', async () => {
  const first = await lab.run({ job: 'import-http', env: { WORKER_URL: `${lab.url}/disk.qcow2` } })
  const env = { WORKER_URL: `${lab.url}/disk.raw`, WORKER_DIGEST: `sha256:${await sha256(at('disk.raw'))}` }
  const again = await lab.run({ job: 'import-http', target: first.target, env })
  assert.is(again.outcome.sourceDigest, env.WORKER_DIGEST)
})

test('a record without its disk, and a disk cut short beside its record, are made anew', async () => {
  const first = await lab.run({ job: 'import-http', env: { WORKER_URL: `${lab.url}/disk.qcow2` } })
  for (const harm of ['rm', 'truncate -s 1M']) {
    execFileSync('sh', ['-c', `${harm} ${join(first.target, 'disk.qcow2')}`])
    const again = await lab.run({
      job: 'import-http',
      target: first.target,
      env: { WORKER_URL: `${lab.url}/disk.qcow2` },
    })
    assert.is(again.code, 0, again.log)
    assert.is(again.outcome.sha256, await sha256(join(first.target, 'disk.qcow2')))
  }
})

test('leftovers of another worker are removed first', async () => {
  const target = lab.fresh()
  for (const left of ['gone.content.partial', 'gone.result.partial', 'disk.json'])
    writeFileSync(join(target, left), 'x')
  mkdirSync(join(target, 'uploads.partial'))
  mkdirSync(join(target, 'lost+found'))
  execFileSync('chown', ['-R', '1000:1000', target])
  const end = await lab.run({ job: 'import-http', target, env: { WORKER_URL: `${lab.url}/disk.qcow2` } })
  assert.is(end.code, 0, end.log)
  assert.equal(readdirSync(target).sort(), ['disk.json', 'disk.qcow2', 'lost+found'])
})

const sizes = [
  { name: 'while it is downloaded', file: 'disk.raw', size: '30m' },
  { name: 'while it is downloaded as it comes', file: 'disk.qcow2', size: '3m' },
  { name: 'while it is converted', file: 'disk.raw', size: '70m' },
] as const
for (const { name, file, size } of sizes) {
  test(`a volume that is full ${name} is told, and is empty again`, async () => {
    const target = lab.fresh()
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},uid=1000,gid=1000`, 'tmpfs', target])
    try {
      const end = await lab.run({ job: 'import-http', target, env: { WORKER_URL: `${lab.url}/${file}` } })
      assert.is(end.outcome.reason, 'NoSpace', JSON.stringify(end.outcome))
      assert.is(end.code, 1)
      assert.match(end.outcome.message, new RegExp(`${Number.parseInt(size, 10)} MiB`))
      assert.equal(readdirSync(target), [])
    } finally {
      execFileSync('umount', ['-l', target])
    }
  })
}

test('an import from a claim leaves the source as it is', async () => {
  const source = lab.fresh()
  execFileSync('cp', [at('disk.qcow2'), join(source, 'disk.qcow2')])
  const before = await sha256(join(source, 'disk.qcow2'))
  const end = await lab.run({ job: 'import-claim', source, env: { WORKER_DIGEST: `sha256:${before}` } })
  assert.is(end.code, 0, end.log)
  assert.is(end.outcome.sourceDigest, `sha256:${before}`)
  assert.ok(sameDisk(at('disk.raw'), 'raw', join(end.target, 'disk.qcow2'), 'qcow2'))
  assert.is(await sha256(join(source, 'disk.qcow2')), before)
  assert.match(readFileSync(join(end.target, 'disk.json'), 'utf8'), /Complete/)
})

test('a source that a machine writes to is not taken for a still one', async () => {
  const source = lab.fresh()
  execFileSync('cp', [at('disk.qcow2'), join(source, 'disk.qcow2')])
  const writer = lab.spawn(
    'peer',
    'qemu-nbd',
    '-t',
    '-x',
    'w',
    '-k',
    join(source, 'socket'),
    '-f',
    'qcow2',
    join(source, 'disk.qcow2'),
  )
  await waitFor(
    () => (existsSync(join(source, 'socket')) ? true : undefined),
    10,
    () => 'qemu-nbd does not listen',
  )
  const end = await lab.run({ job: 'import-claim', source })
  writer.kill()
  assert.is(end.outcome.reason, 'SourceLost', JSON.stringify(end.outcome))
  assert.is(end.code, 1)
})

test.run()

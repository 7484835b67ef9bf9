import { randomBytes } from 'node:crypto'
import { chmodSync, copyFileSync, existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { qemuImg, rawDisk, sameDisk } from './images.ts'
import { type Lab, podAddress, startLab, type Worker, type WorkerOptions } from './lab.ts'
import { type Offered, offered } from './offered.ts'
import { sha256 } from './pod.ts'
import { layer } from './push.ts'
import { type Registry, startRegistry } from './registry.ts'

const MiB = 1024 ** 2
const token = randomBytes(24).toString('hex')
let lab: Lab
let registry: Registry
let source: string
let secrets: string
let disk: Offered

test.before(async () => {
  lab = await startLab()
  source = lab.fresh()
  rawDisk(join(source, 'disk.raw'), 96 * MiB, 48 * MiB)
  qemuImg('convert', '-f', 'raw', '-O', 'qcow2', '-c', join(source, 'disk.raw'), join(source, 'disk.qcow2'))
  secrets = lab.fresh()
  writeFileSync(join(secrets, 'token'), token)
  writeFileSync(join(secrets, 'keys.psk'), `puller:${randomBytes(32).toString('hex')}\n`)
  for (const name of ['token', 'keys.psk']) chmodSync(join(secrets, name), 0o444)

  registry = await startRegistry(lab, lab.fresh(), 'open', 5000)
  await registry.push('lab/disk:1', [layer({ 'disk/disk.qcow2': join(source, 'disk.qcow2') })])

  const exported = join(lab.fresh(), 'exported.raw')
  copyFileSync(join(source, 'disk.raw'), exported)
  disk = await offered(lab, secrets, exported, '-r', '-f', 'raw')
})
test.after(() => lab.remove())

const phases = ['Preparing', 'Downloading', 'Converting', 'Checking', 'Publishing']
const reached = (phase: string) => phases.indexOf(phase === 'Receiving' ? 'Downloading' : phase)

const jobs: readonly Readonly<{ job: string; options: () => Omit<WorkerOptions, 'job'> }>[] = [
  { job: 'import-claim', options: () => ({ source }) },
  {
    job: 'import-oci',
    options: () => ({ env: { WORKER_OCI_IMAGE: `http://${registry.host}/lab/disk:1` } }),
  },
  {
    job: 'pull',
    options: () => ({
      nbd: secrets,
      env: { ...disk.env, WORKER_COMPRESS: 'zstd' },
    }),
  },
  { job: 'receive', options: () => ({ auth: secrets }) },
]

/** Starts the worker; one that receives is sent the file, until it has it or has ended. */
function started(options: WorkerOptions): Worker {
  const worker = lab.start(options)
  let running = true
  void worker.ended.then(() => {
    running = false
  })
  const send = async () => {
    const words = ['-T', join(source, 'disk.qcow2'), '-H', `Authorization: Bearer ${token}`]
    while (running && (await lab.inPeer('curl', '-sf', ...words, `http://${podAddress}:10779/`)).code !== 0)
      await worker.until(({ phase }) => phase === 'Receiving').catch(() => undefined)
  }
  if (options.job === 'receive') void send()
  return worker
}

for (const { job, options } of jobs)
  for (const phase of phases) {
    test(`${job}: a worker that is killed while ${phase} leaves no half-made image, and the next one completes the job`, async () => {
      const target = lab.fresh()
      const killed = started({ job, target, ...options() })
      await killed.until((state) => reached(state.phase) >= reached(phase))
      killed.signal('SIGKILL')
      await killed.ended
      if (existsSync(join(target, 'disk.qcow2')))
        assert.ok(existsSync(join(target, 'disk.json')), 'a disk without its record')

      const next = started({ job, target, ...options() })
      const end = await next.ended
      assert.is(end.code, 0, next.log())
      assert.ok(sameDisk(join(source, 'disk.raw'), 'raw', join(target, 'disk.qcow2'), 'qcow2'))
      assert.is(end.outcome.sha256, await sha256(join(target, 'disk.qcow2')))
      assert.equal(readdirSync(target).sort(), ['disk.json', 'disk.qcow2'])
    })
  }

test.run()

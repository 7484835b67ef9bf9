import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { qemuImg, rawDisk, sameDisk } from './images.ts'
import { type Lab, startLab } from './lab.ts'
import { sha256 } from './pod.ts'

let lab: Lab
const at = (name: string) => join(lab.files, name)

test.before(async () => {
  lab = await startLab()
  rawDisk(at('disk.raw'))
})
test.after(() => lab.remove())

/** Each format in at least one compression, each compression at least once; names say nothing, or lie. */
const table = [
  { format: 'raw', as: ['raw'], pack: undefined },
  { format: 'raw', as: ['raw'], pack: 'gzip' },
  { format: 'raw', as: ['raw'], pack: 'xz' },
  { format: 'raw', as: ['raw'], pack: 'zstd' },
  { format: 'raw', as: ['raw'], pack: 'bzip2' },
  { format: 'flat qcow2', as: ['qcow2'], pack: undefined },
  { format: 'qcow2 of version 2', as: ['qcow2', '-o', 'compat=0.10'], pack: undefined },
  { format: 'qcow2 with zlib inside', as: ['qcow2', '-c'], pack: undefined },
  { format: 'qcow2 with zstd inside', as: ['qcow2', '-c', '-o', 'compression_type=zstd'], pack: 'xz' },
  { format: 'monolithic vmdk', as: ['vmdk'], pack: undefined },
  { format: 'stream-optimized vmdk', as: ['vmdk', '-o', 'subformat=streamOptimized'], pack: 'gzip' },
  { format: 'vdi', as: ['vdi'], pack: undefined },
  { format: 'dynamic vhd', as: ['vpc', '-o', 'force_size=on'], pack: undefined },
  { format: 'fixed vhd', as: ['vpc', '-o', 'subformat=fixed,force_size=on'], pack: 'zstd' },
  { format: 'vhdx', as: ['vhdx'], pack: undefined },
] as const

for (const [row, { format, as, pack }] of table.entries()) {
  test(`a ${format} disk${pack === undefined ? '' : ` packed with ${pack}`} becomes a flat qcow2 of the same content`, async () => {
    const name = `image${row}.iso`
    qemuImg('convert', '-f', 'raw', '-O', as[0], ...as.slice(1), at('disk.raw'), at(name))
    if (pack !== undefined) {
      const packed = execFileSync(pack, ['-c', at(name)], { maxBuffer: 2 ** 26 })
      execFileSync('dd', [`of=${at(name)}`, 'status=none'], { input: packed })
    }
    const digest = await sha256(at(name))

    const done = await lab.run({
      job: 'import-http',
      env: { WORKER_URL: `${lab.url}/${name}`, WORKER_DIGEST: `sha256:${digest}` },
    })

    assert.is(done.code, 0, done.log)
    const made = join(done.target, 'disk.qcow2')
    assert.is(done.outcome.reason, 'Complete')
    assert.is(done.outcome.sha256, await sha256(made))
    assert.is(done.outcome.sourceDigest, `sha256:${digest}`)
    assert.is(done.outcome.virtualSize, 16 * 1024 ** 2)
    assert.ok(sameDisk(at('disk.raw'), 'raw', made, 'qcow2'))
    const check = JSON.parse(qemuImg('check', '-f', 'qcow2', '--output=json', made))
    assert.is(check['compressed-clusters'] ?? 0, 0)
    assert.equal(readdirSync(done.target).sort(), ['disk.json', 'disk.qcow2'])
    assert.equal(JSON.parse(readFileSync(join(done.target, 'disk.json'), 'utf8')), done.outcome)
  })
}

test.run()

import { execFileSync } from 'node:child_process'
import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { qemuImg, rawDisk, sameDisk } from './images.ts'
import { type Lab, startLab } from './lab.ts'
import { memoryGroup } from './memory-group.ts'

const MiB = 1024 ** 2
let lab: Lab
let onDisk: string
const at = (name: string) => join(lab.files, name)

test.before(async () => {
  lab = await startLab()
  // Pages of a file in memory would count, and stay.
  onDisk = mkdtempSync(join(tmpdir(), 'ephw-disk-'))
})
test.after(async () => {
  await lab.remove()
  rmSync(onDisk, { recursive: true })
})

/** Nothing but the same mebibyte again and again: quick to pack, and it fills a dictionary all the same. */
function repeatedDisk(file: string): void {
  rawDisk(file, 256 * MiB, MiB)
  execFileSync('sh', [
    '-c',
    `for i in $(seq 2 200); do dd if=${file} of=${file} bs=1M skip=1 seek=$i count=1 conv=notrunc status=none; done`,
  ])
}

const table = [
  {
    name: 'a raw disk that was packed with the largest usual dictionary',
    make: (disk: string, image: string) => {
      repeatedDisk(disk)
      execFileSync('sh', ['-c', `xz -c --lzma2=preset=0,dict=64MiB ${disk} >${image}`])
    },
  },
  {
    name: 'a qcow2 of 400 MiB with zstd inside',
    make: (disk: string, image: string) => {
      rawDisk(disk, 1024 * MiB, 400 * MiB)
      qemuImg('convert', '-f', 'raw', '-O', 'qcow2', '-c', '-o', 'compression_type=zstd', disk, image)
    },
  },
]
for (const [row, { name, make }] of table.entries()) {
  test(`the import of ${name} needs at most 128 MiB`, async () => {
    make(at('disk.raw'), at('image'))
    const target = mkdtempSync(join(onDisk, 'target-'))
    chownSync(target, 1000, 1000)
    const group = memoryGroup(`ephw-${process.pid}-${row}`, 128 * MiB)
    try {
      const end = await lab.run({
        job: 'import-http',
        target,
        group: group.folder,
        env: { WORKER_URL: `${lab.url}/image` },
      })
      assert.is(end.code, 0, end.log)
      assert.is(group.kills(), 0)
      assert.ok(sameDisk(at('disk.raw'), 'raw', join(target, 'disk.qcow2'), 'qcow2'))
    } finally {
      await group.remove()
    }
  })
}

test.run()

import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Pod, startPod, tinyBase } from './pod.ts'

const mebibyte = 1024 ** 2
const image = (...words: string[]) => execFileSync('qemu-img', words, { stdio: 'ignore' })

/** Each row makes the base volume bad in its own way; in all of them a good disk is then put there, and the machine starts. */
const table: ReadonlyArray<
  Readonly<{
    name: string
    make: (folder: string) => void
    reason: string
    message: RegExp
    env?: Record<string, string>
  }>
> = [
  {
    name: 'an empty claim',
    make: () => undefined,
    reason: 'BaseImageMissing',
    message: /neither disk\.qcow2 nor disk\.img/,
  },
  {
    name: 'a file that cannot be read',
    make: (folder) => {
      writeFileSync(join(folder, 'disk.img'), 'x')
      chmodSync(join(folder, 'disk.img'), 0o600)
    },
    reason: 'BaseImageUnreadable',
    message: /uid 1000/,
  },
  {
    name: 'a link out of the claim',
    make: (folder) => symlinkSync('/control/psk', join(folder, 'disk.img')),
    reason: 'BaseImageUnreadable',
    message: /leads out of the claim/,
  },
  {
    name: 'a folder in the place of the disk',
    make: (folder) => execFileSync('mkdir', [join(folder, 'disk.img')]),
    reason: 'BaseImageUnreadable',
    message: /not a regular file/,
  },
  {
    name: 'junk under the name of a qcow2',
    make: (folder) => writeFileSync(join(folder, 'disk.qcow2'), 'junk'.repeat(10_000)),
    reason: 'BaseImageInvalid',
    message: /not a qcow2 image/,
  },
  {
    name: 'an empty file',
    make: (folder) => writeFileSync(join(folder, 'disk.img'), ''),
    reason: 'BaseImageInvalid',
    message: /is empty/,
  },
  {
    name: 'a header cut short',
    make: (folder) => writeFileSync(join(folder, 'disk.qcow2'), Buffer.from('514649fb00000003', 'hex')),
    reason: 'BaseImageInvalid',
    message: /cut short/,
  },
  {
    name: 'a qcow2 without its tables',
    make: (folder) => {
      tinyBase(folder)
      chmodSync(join(folder, 'disk.qcow2'), 0o644)
      truncateSync(join(folder, 'disk.qcow2'), 4096)
    },
    reason: 'BaseImageInvalid',
    message: /cut short: copy it again/,
  },
  {
    name: 'a backing file',
    make: (folder) => {
      const backing = join(folder, 'backing.img')
      image('create', '-f', 'raw', backing, '1M')
      image('create', '-f', 'qcow2', '-F', 'raw', '-b', backing, join(folder, 'disk.qcow2'))
      rmSync(backing)
    },
    reason: 'BaseImageInvalid',
    message: /backing file: flatten/,
  },
  {
    name: 'an external data file',
    make: (folder) =>
      image(
        'create',
        '-f',
        'qcow2',
        '-o',
        `data_file=${join(folder, 'data')}`,
        join(folder, 'disk.qcow2'),
        '1M',
      ),
    reason: 'BaseImageInvalid',
    message: /another file/,
  },
  {
    name: 'a raw disk without a boot sector',
    make: (folder) => {
      writeFileSync(join(folder, 'disk.img'), '')
      truncateSync(join(folder, 'disk.img'), mebibyte)
    },
    reason: 'BaseImageNotBootable',
    message: /no boot sector/,
  },
  {
    name: 'a qcow2 without a boot sector',
    make: (folder) => image('create', '-f', 'qcow2', join(folder, 'disk.qcow2'), '1M'),
    reason: 'BaseImageNotBootable',
    message: /no boot sector/,
  },
  {
    name: 'a disk that boots by UEFI only',
    make: (folder) => {
      const sectors = Buffer.alloc(mebibyte)
      sectors[450] = 0xef
      sectors.writeUInt16LE(0xaa55, 510)
      writeFileSync(join(folder, 'disk.img'), sectors)
    },
    reason: 'BaseImageNotBootable',
    message:
      /boots by UEFI only, and is to boot by BIOS\. Set spec\.firmware .* raise spec\.rebuildGeneration/,
  },
  {
    name: 'a disk smaller than the image',
    make: tinyBase,
    env: { VM_DISK_BYTES: String(32 * mebibyte) },
    reason: 'DiskTooSmall',
    message: /64 MiB.*32 MiB/,
  },
  {
    name: 'KVM asked for where there is none',
    make: tinyBase,
    env: { VM_ACCELERATOR: 'kvm' },
    reason: 'KVMUnavailable',
    message: /Auto or TCG/,
  },
]

for (const { name, make, reason, message, env = {} } of table) {
  test(`${name} makes the machine wait and say so`, async () => {
    const pod: Pod = await startPod({ base: make, env })
    try {
      const state = await pod.until((seen) => seen.phase === 'Waiting', 10)
      assert.is(state.reason, reason)
      assert.match(state.message, message)
      assert.is(await pod.probe('/started'), '404')
      assert.match((await pod.control('state')).stdout, new RegExp(reason), 'the operator can ask')
      pod.terminate()
      assert.is((await pod.ended).code, 0)
    } finally {
      await pod.remove()
    }
  })
}

test('a machine that waits starts by itself once the disk is good', async () => {
  const pod = await startPod({ base: () => undefined, env: { VM_READINESS: 'none' } })
  const disk = join(pod.folder, 'base/disk.qcow2')
  try {
    await pod.until((state) => state.reason === 'BaseImageMissing', 10)
    writeFileSync(disk, 'junk'.repeat(10_000), { mode: 0o644 })
    await pod.until((state) => state.reason === 'BaseImageInvalid', 10)
    rmSync(disk)
    tinyBase(join(pod.folder, 'base'))
    await pod.until((state) => state.phase === 'Running' && state.reason === '', 20)
  } finally {
    await pod.remove()
  }
})

test('a raw disk boots too', async () => {
  const pod = await startPod({
    base: (folder) => {
      tinyBase(folder)
      image('convert', '-O', 'raw', join(folder, 'disk.qcow2'), join(folder, 'disk.img'))
      rmSync(join(folder, 'disk.qcow2'))
    },
    env: { VM_READINESS: 'http:80/' },
  })
  try {
    await pod.until((state) => state.guest === 'Ready')
  } finally {
    await pod.remove()
  }
})

test('a qcow2 under the name disk.img is known by its content', async () => {
  const pod = await startPod({
    base: (folder) => {
      tinyBase(folder)
      copyFileSync(join(folder, 'disk.qcow2'), join(folder, 'disk.img'))
      rmSync(join(folder, 'disk.qcow2'), { force: true })
    },
    env: { VM_READINESS: 'none' },
  })
  try {
    await pod.until((state) => state.guest === 'Ready', 20)
  } finally {
    await pod.remove()
  }
})

test.run()

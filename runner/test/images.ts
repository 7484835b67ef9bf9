import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs'

const MiB = 1024 ** 2

/** Writes a raw disk of `size` bytes: a boot record, `data` bytes of noise from 1 MiB on, holes. */
export function rawDisk(file: string, size = 16 * MiB, data = 3 * MiB): void {
  const handle = openSync(file, 'w')
  ftruncateSync(handle, size)
  writeSync(handle, Buffer.from([0x55, 0xaa]), 0, 2, 510)
  writeSync(handle, randomBytes(data), 0, data, MiB)
  closeSync(handle)
}

/** Runs qemu-img; throws with its words. */
export function qemuImg(...words: string[]): string {
  return execFileSync('qemu-img', words, { encoding: 'utf8' })
}

/** Whether two images hold the same disk, as a guest sees it. */
export function sameDisk(first: string, firstFormat: string, second: string, secondFormat: string): boolean {
  try {
    qemuImg('compare', '-f', firstFormat, '-F', secondFormat, first, second)
    return true
  } catch {
    return false
  }
}

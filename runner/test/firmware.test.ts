import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { runnerRoot } from './built.ts'

const root = runnerRoot()
const lib = join(import.meta.dirname, '../lib')
const folder = mkdtempSync(join(tmpdir(), 'firmware-'))
test.after(() => rmSync(folder, { recursive: true, force: true }))

/** Asks the runner's own shell whether a disk with these first sectors can boot by this; the word for why not, else nothing. */
function whyNot(sectors: Buffer, firmware: string): string {
  writeFileSync(join(folder, 'boot'), sectors)
  const enter = `mount --bind ${folder} ${root}/overlay && mount --bind ${lib} ${root}/base && exec chroot ${root} /usr/bin/sh -c "$0"`
  const ask = `set -u; run=/overlay firmware=${firmware}; . /base/firmware.sh; check_firmware || echo "$message"`
  return execFileSync('unshare', ['--mount', 'sh', '-c', enter, ask], { encoding: 'utf8' }).trim()
}

const esp = '28732ac11ff8d211ba4b00a0c93ec93b'
const basicData = 'a2a0d0ebe5b9334487c068b6b72699c7'
const linux = 'af3dc60f838472478e793d69d8477de4'
const biosBoot = '4861682149646f6e744e656564454649'

type Disk = Readonly<{
  /** Whether the boot record has code. */
  code: boolean
  /** Types of the partitions of its boot record. */
  types?: readonly number[]
  /** Types of a GPT's partitions, as they stand on the disk. */
  gpt?: readonly string[]
  /** Words that stand somewhere. */
  words?: Readonly<Record<number, string>>
}>

function sectorsOf({ code, types = [], gpt, words = {} }: Disk): Buffer {
  const sectors = Buffer.alloc(65 * 512)
  if (code) sectors.write('eb63', 0, 'hex')
  sectors.writeUInt16LE(0xaa55, 510)
  for (const [index, type] of (gpt === undefined ? types : [0xee]).entries())
    sectors[446 + 16 * index + 4] = type
  if (gpt !== undefined) sectors.write('EFI PART', 512)
  for (const [index, type] of (gpt ?? []).entries()) sectors.write(type, 1024 + 128 * index, 'hex')
  for (const [at, word] of Object.entries(words)) sectors.write(word, Number(at))
  return sectors
}

const both = ['bios', 'uefi']
const table: ReadonlyArray<Readonly<{ name: string; disk: Disk; boots: readonly string[] }>> = [
  { name: 'one Linux partition', disk: { code: true, types: [0x83] }, boots: ['bios'] },
  { name: 'an EFI system partition beside code', disk: { code: true, types: [0xef, 0x83] }, boots: both },
  {
    name: 'an EFI system partition, and no code',
    disk: { code: false, types: [0x83, 0xef] },
    boots: ['uefi'],
  },
  { name: 'a FAT partition', disk: { code: true, types: [0x0c] }, boots: both },
  { name: 'a GPT as cloud images have it', disk: { code: true, gpt: [linux, biosBoot, esp] }, boots: both },
  {
    name: 'a GPT of which the last of 128 is the EFI one, and no code',
    disk: { code: false, gpt: [...Array(127).fill(linux), esp] },
    boots: ['uefi'],
  },
  {
    name: 'a GPT without an EFI system partition',
    disk: { code: true, gpt: [biosBoot, linux] },
    boots: ['bios'],
  },
  { name: 'a GPT with data that may be FAT', disk: { code: true, gpt: [biosBoot, basicData] }, boots: both },
  {
    name: 'a GPT that is not where sectors of 512 bytes have it',
    disk: { code: false, types: [0xee] },
    boots: both,
  },
  { name: 'one FAT file system', disk: { code: true, words: { 54: 'FAT16' } }, boots: both },
  { name: 'one FAT32 file system', disk: { code: true, words: { 82: 'FAT32' } }, boots: both },
  { name: 'an ISO', disk: { code: false, words: { 32769: 'CD001' } }, boots: both },
  { name: 'no partition, and no code', disk: { code: false }, boots: ['bios'] },
]
for (const { name, disk, boots } of table) {
  test(`a disk with ${name} boots by ${boots.join(' and ')}, as far as its first sectors say`, () => {
    const sectors = sectorsOf(disk)
    assert.equal(
      both.filter((firmware) => whyNot(sectors, firmware) === ''),
      boots,
    )
    assert.is(whyNot(sectors, ''), '', 'nothing is asked where no firmware is')
  })
}

test.run()

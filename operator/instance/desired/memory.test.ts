import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type MemoryNeed, memoryOverheadBytes, podMemoryBytes } from './memory.ts'

const mebibyte = 1024 ** 2
const gibibyte = 1024 ** 3
const need: MemoryNeed = { guestBytes: 128 * mebibyte, diskBytes: gibibyte, cpus: 1, accelerator: 'TCG' }

const rows: ReadonlyArray<{ name: string; need: Partial<MemoryNeed>; wantMebibytes: number }> = [
  { name: 'a small emulated VM', need: {}, wantMebibytes: 133.25 },
  { name: 'what the node decides counts as emulated', need: { accelerator: 'Auto' }, wantMebibytes: 133.25 },
  { name: 'KVM needs no translated code', need: { accelerator: 'KVM' }, wantMebibytes: 96.75 },
  { name: 'each further CPU needs its own', need: { cpus: 2 }, wantMebibytes: 141.75 },
  {
    name: 'an emulated CPU remembers more of a larger guest',
    need: { guestBytes: 2 * gibibyte },
    wantMebibytes: 208.25,
  },
  {
    name: 'an emulated CPU does not remember more than 4 GiB of a guest',
    need: { guestBytes: 64 * gibibyte },
    wantMebibytes: 456.25,
  },
  { name: 'UEFI needs its flash', need: { firmware: 'UEFI' }, wantMebibytes: 141.25 },
  { name: 'a larger disk has larger tables', need: { diskBytes: 64 * gibibyte }, wantMebibytes: 149 },
  { name: "a disk's tables end at 32 MiB a file", need: { diskBytes: 2048 * gibibyte }, wantMebibytes: 197 },
]
for (const { name, need: part, wantMebibytes } of rows) {
  test(name, () => assert.is(memoryOverheadBytes({ ...need, ...part }) / mebibyte, wantMebibytes))
}

test("the pod gets whole bytes, and never less than the guest's memory and the overhead", () => {
  const odd = { ...need, guestBytes: 100_000_001, diskBytes: 999_999_999 }
  assert.is(podMemoryBytes(odd), odd.guestBytes + memoryOverheadBytes(odd))
  assert.ok(Number.isInteger(podMemoryBytes(odd)))
})

test.run()

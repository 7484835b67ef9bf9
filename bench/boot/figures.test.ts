import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { table } from '../table.ts'
import { aims, bootMetrics, diskMetrics, memoryMetrics } from './figures.ts'
import type { Memory } from './memory.ts'

const memory = (part: Partial<Memory>): Memory => ({
  workingSet: 0,
  container: 0,
  held: 0,
  pss: 0,
  qemuPss: 0,
  guest: 100,
  byName: {},
  ...part,
})

test('a ratio is that of the medians, through the operator over by hand', () => {
  const pairs = [
    { operator: { qemu: 110, ssh: 1000 }, byHand: { qemu: 100, ssh: 1000 } },
    { operator: { qemu: 120, ssh: 1000 }, byHand: { qemu: 100, ssh: 2000 } },
    { operator: { qemu: 900, ssh: 1500 }, byHand: { qemu: 800, ssh: 1000 } },
  ]
  const metrics = bootMetrics(pairs)
  assert.equal(metrics.apply_to_qemu_ratio, { value: 1.2, unit: 'ratio', baseline: 100, ratio: 1.2, n: 3 })
  assert.is(metrics.apply_to_ssh_ratio?.value, 1)
  assert.is(metrics.apply_to_ssh_ms?.value, 1000)
})

test('over bare: the worse of working set and PSS', () => {
  const pod = [memory({ workingSet: 170, pss: 185 })]
  const bare = [memory({ container: 160, qemuPss: 170 })]
  const metrics = memoryMetrics({ pod, bare })
  assert.is(metrics.memory_over_bare_working_set_mib?.value, 10)
  assert.is(metrics.memory_over_bare_mib?.value, 15)
})

test('over bare: a guest that has touched more of its memory is not held against the pod', () => {
  const pod = [memory({ workingSet: 180, pss: 180, guest: 110 })]
  const bare = [memory({ container: 160, qemuPss: 160, guest: 100 })]
  assert.is(memoryMetrics({ pod, bare }).memory_over_bare_mib?.value, 10)
})

test("over the guest: what is not the guest's resident memory", () => {
  const pod = [memory({ workingSet: 170, pss: 160, guest: 100 })]
  assert.is(memoryMetrics({ pod, bare: pod }).memory_over_guest_mib?.value, 70)
})

test('the table has ratios first, then what has an aim, and says what misses it', () => {
  const metrics = {
    ...diskMetrics([{ started: 0.2, ready: 1.1 }]),
    apply_to_ssh_ms: { value: 9000, unit: 'ms' as const, baseline: 8000, ratio: 1.125, n: 5 },
    apply_to_ssh_ratio: { value: 1.3, unit: 'ratio' as const, baseline: 8000, ratio: 1.3, n: 5 },
  }
  const lines = table(metrics, aims).split('\n').slice(1)
  assert.equal(
    lines.map((line) => line.split(/ {2,}/)),
    [
      ['apply_to_ssh_ratio', '1.300', '<= 1.15', 'MISSED', '8000 ms', '5'],
      ['disk_second_vm_mib', '0.20 MiB', '<= 1', 'met', '1'],
      ['disk_second_vm_ready_mib', '1.10 MiB', '1'],
      ['apply_to_ssh_ms', '9000 ms', '8000 ms', '5'],
    ],
  )
})

test.run()

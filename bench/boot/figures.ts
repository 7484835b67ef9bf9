import { median } from '../median.ts'
import type { Metric } from '../result.ts'
import type { Aims, Metrics } from '../table.ts'
import type { Disk, Footprint } from './footprint.ts'
import type { Memory } from './memory.ts'
import type { Pair, Times } from './pairs.ts'

/** The most that each figure may be. */
export const aims: Aims = {
  apply_to_qemu_ratio: 1.15,
  apply_to_ssh_ratio: 1.15,
  memory_over_bare_mib: 20,
  memory_over_guest_mib: 100,
  disk_second_vm_mib: 1,
}

/** Medians through the operator over medians by hand. */
export function bootMetrics(pairs: readonly Pair[]): Metrics {
  const of = (step: keyof Times) => {
    const value = median(pairs.map((pair) => pair.operator[step]))
    const baseline = median(pairs.map((pair) => pair.byHand[step]))
    const ratio = value / baseline
    return {
      ratio: { value: ratio, unit: 'ratio', baseline, ratio, n: pairs.length },
      ms: { value, unit: 'ms', baseline, ratio, n: pairs.length },
    } as const
  }
  const [qemu, ssh] = [of('qemu'), of('ssh')]
  return {
    apply_to_qemu_ratio: qemu.ratio,
    apply_to_ssh_ratio: ssh.ratio,
    apply_to_qemu_ms: qemu.ms,
    apply_to_ssh_ms: ssh.ms,
  }
}

/**
 * What the pod takes beyond bare QEMU and beyond the guest's resident memory. There are two ways to count: the working set of
 * the control group (kernel memory is in it, program files that other pods have read are not) and PSS on a node without other VMs
 * (the other way round). The headline is whichever is worse. Working sets are the whole pod's against bare QEMU's container alone.
 */
export function memoryMetrics({ pod, bare }: Footprint): Metrics {
  const over = (value: number, baseline: number): Metric => ({
    value: value - baseline,
    unit: 'MiB',
    baseline,
    ratio: value / baseline,
    n: pod.length,
  })
  const of = (memories: readonly Memory[], pick: (memory: Memory) => number) => median(memories.map(pick))
  const guest = of(pod, (memory) => memory.guest)
  const workingSet = of(pod, (memory) => memory.workingSet)
  const pss = of(pod, (memory) => memory.pss)
  // Guests differ a little in how much of their memory they have touched; that is neither QEMU's nor the pod's doing.
  const beyond = (pick: (memory: Memory) => number) => (memory: Memory) => pick(memory) - memory.guest
  const overBare = (inPod: (memory: Memory) => number, inBare: (memory: Memory) => number): Metric => {
    const baseline = of(bare, beyond(inBare)) + guest
    return over(of(pod, beyond(inPod)) + guest, baseline)
  }
  const byWorkingSet = overBare(
    (memory) => memory.workingSet,
    (memory) => memory.container,
  )
  const byPss = overBare(
    (memory) => memory.pss,
    (memory) => memory.qemuPss,
  )
  return {
    memory_over_bare_mib: worse(byWorkingSet, byPss),
    memory_over_guest_mib: worse(over(workingSet, guest), over(pss, guest)),
    memory_over_bare_working_set_mib: byWorkingSet,
    memory_over_bare_pss_mib: byPss,
    memory_over_guest_working_set_mib: over(workingSet, guest),
    memory_over_guest_pss_mib: over(pss, guest),
  }
}

/** What a second VM adds to a base that is there anyway, so nothing stands below the line. */
export function diskMetrics(disks: readonly Disk[]): Metrics {
  const of = (when: keyof Disk): Metric => ({
    value: median(disks.map((disk) => disk[when])),
    unit: 'MiB',
    baseline: 0,
    n: disks.length,
  })
  return { disk_second_vm_mib: of('started'), disk_second_vm_ready_mib: of('ready') }
}

function worse(one: Metric, other: Metric): Metric {
  return one.value >= other.value ? one : other
}

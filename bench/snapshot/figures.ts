import { median } from '../median.ts'
import type { Metric } from '../result.ts'
import type { Aims, Metrics } from '../table.ts'
import type { ByHand } from './by-hand.ts'

/** The most that each figure may be. */
export const aims: Aims = {
  pause_over_baseline_ms: 20,
  pause_quiesced_ms: 100,
  duration_ratio: 1.3,
  // Throughput before over throughput meanwhile: 0.8 of it are left.
  write_slowdown_ratio: 1.25,
  child_boot_ratio: 1.1,
}

/** What was measured, round by round; times in ms, throughputs in MiB/s. */
export type Measured = Readonly<{
  /** Longest gap of a guest at rest, and of one that is snapshotted. */
  gaps: readonly Readonly<{ rest: number; snapshot: number }>[]
  /** From before the freeze until after the thaw. */
  quiesced: readonly number[]
  /** The switch alone. */
  plain: readonly number[]
  /** From the moment until Ready. */
  durations: readonly number[]
  /** qemu-img convert -c of the same disk. */
  byHand: ByHand
  /** From the apply until Ready. */
  totals: readonly number[]
  writes: readonly Readonly<{ before: number; meanwhile: number }>[]
  /** From the apply to ssh: of a child, and of a VM of the original image. */
  boots: readonly Readonly<{ child: number; original: number }>[]
}>

/** Medians, and ratios of medians. */
export function snapshotMetrics(measured: Measured): Metrics {
  const { gaps, quiesced, plain, durations, byHand, totals, writes, boots } = measured
  const rest = median(gaps.map((gap) => gap.rest))
  const throughput: Metric = {
    ...ratio(
      writes.map(({ meanwhile }) => meanwhile),
      writes.map(({ before }) => before),
    ),
    baselineUnit: 'MiB/s',
  }
  return {
    pause_over_baseline_ms: {
      value: median(gaps.map((gap) => gap.snapshot)) - rest,
      unit: 'ms',
      baseline: rest,
      n: gaps.length,
    },
    pause_quiesced_ms: { value: median(quiesced), unit: 'ms', baseline: 0, n: quiesced.length },
    pause_plain_ms: { value: median(plain), unit: 'ms', baseline: 0, n: plain.length },
    duration_ratio: ratio(durations, byHand.zstd),
    duration_zlib_ratio: ratio(durations, byHand.zlib),
    apply_to_ready_ms: { value: median(totals), unit: 'ms', baseline: 0, n: totals.length },
    write_throughput_ratio: throughput,
    write_slowdown_ratio: { ...throughput, value: 1 / throughput.value, ratio: 1 / throughput.value },
    child_boot_ratio: ratio(
      boots.map(({ child }) => child),
      boots.map(({ original }) => original),
    ),
  }
}

function ratio(values: readonly number[], against: readonly number[]): Metric {
  const baseline = median(against)
  const value = median(values) / baseline
  return { value, unit: 'ratio', baseline, ratio: value, n: values.length }
}

import type { Metric } from '../result.ts'
import { type Aims, figure, type Metrics } from '../table.ts'
import type { AtSize } from './at-size.ts'
import { percentile } from './percentile.ts'
import type { Round } from './round.ts'

/** The most that each figure may be, at the largest number of instances. */
export const aims: Aims = {
  create_to_pod_p50_s: 0.3,
  create_to_pod_p95_s: 1,
  operator_rss_mib: 250,
  steady_cpu_cores: 0.5,
  writes_per_life: 6,
  steady_writes_per_minute: 0,
  steady_reads_per_minute: 0,
  restart_to_work_s: 5,
  failover_crash_s: 20,
  failover_clean_s: 3,
}

const p50 = (figures: readonly number[]) => percentile(figures, 0.5)
const p95 = (figures: readonly number[]) => percentile(figures, 0.95)

/** The operator's writes for one instance from its creation to its end. */
export function writesPerLife({ size, made, ended }: Pick<AtSize, 'size' | 'made' | 'ended'>): number {
  return made.writes.length / size + ended.writes.length / ended.count
}

/** All figures at one number of instances. `bare`: seconds that a script took to make the same Secrets and pods. */
export function metricsAt(found: AtSize, bare: readonly number[]): Metrics {
  const { size, paced, burst, steady } = found
  const only = (value: number, unit: Metric['unit'], n = 1): Metric => ({ value, unit, baseline: 0, n })
  const perMinute = (calls: readonly unknown[]) =>
    only((calls.length * 60) / steady.seconds, 'calls/min', Math.round(steady.seconds))
  const against = (seconds: readonly number[], pick: (figures: readonly number[]) => number): Metric => {
    const [value, baseline] = [pick(seconds), pick(bare)]
    return { value, unit: 's', baseline, ratio: value / baseline, n: seconds.length }
  }
  const ratio = ({ value, baseline, n }: Metric): Metric => {
    const share = value / baseline
    return { value: share, unit: 'ratio', baseline, baselineUnit: 's', ratio: share, n }
  }
  const pod = { p50: against(paced.toPod, p50), p95: against(paced.toPod, p95) }
  const timed = (round: Round, key: string): Metrics => ({
    [`${key}create_to_active_p50_s`]: only(p50(round.toActive), 's', round.count),
    [`${key}create_to_active_p95_s`]: only(p95(round.toActive), 's', round.count),
  })
  return {
    create_to_pod_p50_ratio: ratio(pod.p50),
    create_to_pod_p95_ratio: ratio(pod.p95),
    create_to_pod_p50_s: pod.p50,
    create_to_pod_p95_s: pod.p95,
    ...timed(paced, ''),
    burst_create_to_pod_p50_s: only(p50(burst.toPod), 's', burst.count),
    burst_create_to_pod_p95_s: only(p95(burst.toPod), 's', burst.count),
    ...timed(burst, 'burst_'),
    burst_all_ready_s: only(burst.doneSeconds, 's', burst.count),
    operator_rss_mib: only(Math.max(found.peakMib, burst.peakMib), 'MiB'),
    steady_rss_mib: only(steady.mib, 'MiB'),
    steady_cpu_cores: only(steady.cores, 'cores', Math.round(steady.seconds)),
    writes_per_life: only(writesPerLife(found), 'calls', size),
    events_per_life: only(found.made.events.length / size, 'calls', size),
    steady_writes_per_minute: perMinute(steady.tally.writes),
    steady_reads_per_minute: perMinute(steady.tally.reads),
    restart_to_work_s: only(found.restartSeconds, 's'),
    failover_crash_s: only(found.crashSeconds, 's'),
    failover_clean_s: only(found.cleanSeconds, 's'),
  }
}

const growthHeads = [
  'instances',
  'create -> pod p50/p95',
  'create -> Active p50/p95',
  'in a burst: pod p50/p95',
  'all Ready',
  'memory peak/at rest',
  'cores at rest',
  'writes a life',
  'restart',
  'crash',
  'clean stop',
]

/** A line for each number of instances. */
export function growth(sizes: readonly AtSize[]): string[][] {
  return [growthHeads, ...sizes.map(growthRow)]
}

function growthRow(found: AtSize): string[] {
  const { size, paced, burst, steady } = found
  const pair = (seconds: readonly number[]) => `${figure(p50(seconds))}/${figure(p95(seconds))} s`
  return [
    String(size),
    pair(paced.toPod),
    pair(paced.toActive),
    pair(burst.toPod),
    `${burst.count} in ${figure(burst.doneSeconds)} s`,
    `${figure(Math.max(found.peakMib, burst.peakMib))}/${figure(steady.mib)} MiB`,
    steady.cores.toFixed(3),
    figure(writesPerLife(found)),
    `${figure(found.restartSeconds)} s`,
    `${figure(found.crashSeconds)} s`,
    `${figure(found.cleanSeconds)} s`,
  ]
}

/** CPUs that each process used while instances were created: what bounds the figures. */
export function loads(sizes: readonly AtSize[]): string[][] {
  const line = (what: string, { cpus, doneSeconds, count }: Round) => [
    what,
    ...Object.values(cpus).map((cores) => cores.toFixed(2)),
    (count / doneSeconds).toFixed(0),
  ]
  const [one] = sizes
  const heads = ['cores used', ...Object.keys(one?.paced.cpus ?? {}), 'instances/s']
  const rows = sizes.flatMap(({ size, paced, burst }) => [
    line(`${size} at a pace`, paced),
    line(`${size} in a burst`, burst),
  ])
  return [heads, ...rows]
}

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { columns, table } from '../table.ts'
import type { AtSize } from './at-size.ts'
import type { Call } from './audit.ts'
import { aims, growth, loads, metricsAt } from './figures.ts'
import type { Round } from './round.ts'

const calls = (count: number): Call[] =>
  Array.from({ length: count }, () => ({ at: 0, verb: 'patch', resource: 'pods', name: '', code: 200 }))

const round: Round = {
  count: 4,
  toPod: [0.1, 0.2, 0.3, 0.4],
  toActive: [1, 2, 3, 4],
  sentSeconds: 1,
  doneSeconds: 8,
  peakMib: 100,
  cpus: { operator: 0.5, etcd: 0.1, apiserver: 1, nodes: 0.2, bench: 0.1 },
}
const found: AtSize = {
  size: 4,
  paced: round,
  burst: { ...round, peakMib: 140 },
  made: { writes: calls(16), events: calls(12) },
  ended: { count: 2, writes: calls(1), leftovers: [] },
  steady: {
    seconds: 30,
    cores: 0.25,
    mib: 90,
    tally: { writes: calls(2), reads: [], events: [], leases: calls(15) },
  },
  peakMib: 120,
  restartSeconds: 2,
  crashSeconds: 16,
  cleanSeconds: 4,
}
const metrics = metricsAt(found, [0.1, 0.1, 0.2])

const rows: ReadonlyArray<[key: string, want: number]> = [
  ['create_to_pod_p50_s', 0.2],
  ['create_to_pod_p95_s', 0.4],
  ['create_to_pod_p50_ratio', 2],
  ['create_to_active_p50_s', 2],
  ['operator_rss_mib', 140],
  ['writes_per_life', 4.5],
  ['events_per_life', 3],
  ['steady_writes_per_minute', 4],
  ['steady_reads_per_minute', 0],
  ['failover_clean_s', 4],
]
for (const [key, want] of rows) test(`${key} is ${want}`, () => assert.is(metrics[key]?.value, want))

test('a figure above its aim is called missed', () => {
  const line = table(metrics, aims)
    .split('\n')
    .find((one) => one.startsWith('failover_clean_s'))
  assert.match(line ?? '', /4\.00 s\s+<= 3\s+MISSED/)
})

test('each aim is of a figure that there is', () => {
  for (const key of Object.keys(aims)) assert.ok(key in metrics, key)
})

test('there is a line for each number of instances, of loads two', () => {
  assert.is(columns(growth([found, found])).split('\n').length, 3)
  assert.is(columns(loads([found, found])).split('\n').length, 5)
})

test.run()

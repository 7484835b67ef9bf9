import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { snapshotMetrics } from './figures.ts'

const metrics = snapshotMetrics({
  gaps: [
    { rest: 10, snapshot: 12 },
    { rest: 8, snapshot: 14 },
    { rest: 9, snapshot: 13 },
  ],
  quiesced: [40, 60, 50],
  plain: [1],
  durations: [1200],
  byHand: { zstd: [1000], zlib: [1500] },
  totals: [5000, 7000, 6000],
  writes: [{ before: 50, meanwhile: 40 }],
  boots: [{ child: 5500, original: 5000 }],
})

test('the pause is what a snapshot adds to the longest gap that there is anyway', () => {
  assert.is(metrics.pause_over_baseline_ms?.value, 4)
  assert.is(metrics.pause_over_baseline_ms?.baseline, 9)
})

test('ratios are of medians', () => {
  assert.is(metrics.duration_ratio?.value, 1.2)
  assert.is(metrics.duration_zlib_ratio?.value, 0.8)
  assert.is(metrics.apply_to_ready_ms?.value, 6000)
  assert.is(metrics.write_throughput_ratio?.value, 0.8)
  assert.is(metrics.write_slowdown_ratio?.value, 1.25)
  assert.is(metrics.child_boot_ratio?.value, 1.1)
  assert.is(metrics.pause_quiesced_ms?.value, 50)
})

test.run()

import { Registry } from 'prom-client'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { startMetrics } from './start-metrics.ts'

test('each step has a histogram of its own', async () => {
  const registry = new Registry()
  const count = startMetrics(registry)
  count([{ step: 'createToPod', seconds: 0.2 }])
  count([
    { step: 'podToQemu', seconds: 0.7 },
    { step: 'qemuToGuest', seconds: 5 },
  ])
  count([{ step: 'podToQemu', seconds: 0.9 }])
  const lines = (await registry.metrics()).split('\n')
  for (const line of [
    'ephemera_instance_create_to_pod_seconds_bucket{le="0.25"} 1',
    'ephemera_instance_create_to_pod_seconds_count 1',
    'ephemera_instance_pod_to_qemu_seconds_count 2',
    'ephemera_instance_qemu_to_guest_ready_seconds_sum 5',
  ])
    assert.ok(lines.includes(line), line)
})

test.run()

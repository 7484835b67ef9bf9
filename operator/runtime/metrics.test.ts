import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Controller } from './controller.ts'
import { Metrics } from './metrics.ts'

async function lines(metrics: Metrics): Promise<string[]> {
  return (await metrics.text()).body.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
}

test("reconciles and queues are counted under controller-runtime's names", async () => {
  const metrics = new Metrics({ process: false, host: 'api' })
  const stop = new AbortController()
  let runs = 0
  const controller = new Controller({
    name: 'instance',
    workers: 2,
    reconcile: async () => {
      if (++runs === 1) throw new Error('m')
      stop.abort()
      return {}
    },
    emit: metrics.onRuntime,
  })
  metrics.watch({ controllers: [controller], reflectors: [] })
  controller.enqueue('a')
  const alive = setTimeout(() => {}, 10_000)
  await controller.run(stop.signal)
  clearTimeout(alive)
  const all = await lines(metrics)
  const labels = 'name="instance",controller="instance"'
  for (const line of [
    'controller_runtime_reconcile_total{controller="instance",result="error"} 1',
    'controller_runtime_reconcile_total{controller="instance",result="success"} 1',
    'controller_runtime_reconcile_errors_total{controller="instance"} 1',
    'controller_runtime_reconcile_time_seconds_count{controller="instance"} 2',
    'controller_runtime_max_concurrent_reconciles{controller="instance"} 2',
    `controller_runtime_active_workers{${labels}} 0`,
    `workqueue_adds_total{${labels}} 2`,
    `workqueue_retries_total{${labels}} 1`,
    `workqueue_depth{${labels},priority="0"} 0`,
    `workqueue_queue_duration_seconds_count{${labels}} 2`,
    `workqueue_work_duration_seconds_count{${labels}} 2`,
    `workqueue_unfinished_work_seconds{${labels}} 0`,
    `workqueue_longest_running_processor_seconds{${labels}} 0`,
  ])
    assert.ok(all.includes(line), `${line} is missing of\n${all.join('\n')}`)
})

test('calls, watches and what they missed are counted', async () => {
  const metrics = new Metrics({ process: false, host: 'api' })
  metrics.onKube({ type: 'request', method: 'GET', verb: 'LIST', status: 200, seconds: 0.1 })
  metrics.onKube({ type: 'request', method: 'POST', verb: 'POST', status: 0, seconds: 0.1 })
  metrics.onKube({ type: 'listed', reflector: 'pods', objects: 3, seconds: 0.1, missed: 2 })
  metrics.onKube({ type: 'watchEnded', reflector: 'pods', why: 'stalled', seconds: 1 })
  metrics.onKube({ type: 'leadership', lease: 'operator', leading: true, holder: 'a' })
  const all = await lines(metrics)
  for (const line of [
    'rest_client_requests_total{code="200",method="GET",host="api"} 1',
    'rest_client_requests_total{code="<error>",method="POST",host="api"} 1',
    'rest_client_request_duration_seconds_count{verb="LIST",host="api"} 1',
    'ephemera_reflector_missed_events_total{reflector="pods"} 2',
    'ephemera_reflector_watches_total{reflector="pods",why="stalled"} 1',
    'leader_election_master_status{name="operator"} 1',
  ])
    assert.ok(all.includes(line), `${line} is missing of\n${all.join('\n')}`)
})

test.run()

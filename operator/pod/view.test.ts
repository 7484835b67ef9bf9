import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Pod } from '../kube/object.ts'
import { basicsOf } from './view.ts'

const saying = (reason: string, message?: string): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web1-vm' },
  spec: { containers: [] },
  status: {
    conditions: [
      { type: 'PodScheduled', status: 'False', reason, ...(message === undefined ? {} : { message }) },
    ],
  },
})

const rows: readonly [name: string, pod: Pod, want: string | undefined][] = [
  ['the words of a scheduler that found no node', saying('Unschedulable', '0/3 nodes'), '0/3 nodes'],
  ['a scheduler that said nothing more', saying('Unschedulable'), 'No node takes the pod.'],
  [
    'a gate, also just after it was opened, says nothing about nodes',
    saying('SchedulingGated', 'Scheduling is blocked due to non-empty scheduling gates'),
    undefined,
  ],
]
for (const [name, pod, want] of rows) {
  test(name, () => assert.is(basicsOf(pod, 'vm').unschedulable, want))
}

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { instance, podOf } from '../testing/build.ts'
import { recordOf } from './record.ts'

const pod = podOf(instance({ rebuildGeneration: 3 }), {}, 2)

test('what was written down about a pod is read back', () => {
  const record = recordOf(pod)
  assert.is(record?.rebuildGeneration, 3)
  assert.is(record?.restartsBefore, 2)
  assert.equal(record?.size, { cpus: 1, memory: '128Mi', disk: '1Gi' })
})

test('no annotation or label is needed for it', () => {
  const { annotations: _, labels: __, ...metadata } = pod.metadata
  assert.equal(recordOf({ ...pod, metadata }), recordOf(pod))
})

test('a pod that the operator did not make has none', () => {
  const containers = (env: { name: string; value: string }[]) => ({
    containers: [{ name: 'vm', image: 'x', env }],
  })
  assert.is(recordOf({ ...pod, spec: containers([]) }), undefined)
  assert.is(
    recordOf({ ...pod, spec: containers([{ name: 'EPHEMERA_RECORD', value: '{"size":1}' }]) }),
    undefined,
  )
})

test.run()

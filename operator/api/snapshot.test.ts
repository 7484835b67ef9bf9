import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { apiVersion } from './group.ts'
import { snapshot } from './snapshot.ts'

const smallest = {
  apiVersion,
  kind: 'Snapshot',
  metadata: { name: 'golden', namespace: 'default' },
  spec: { instance: 'web1' },
}

test('the smallest snapshot gets its defaults', () =>
  assert.equal(snapshot.parse(smallest).spec, {
    instance: 'web1',
    quiesce: 'Auto',
    deadlineSeconds: 3600,
    retain: false,
  }))

test('the status survives parsing', () => {
  const status = { phase: 'Ready', progress: 100, claim: 'golden-disk', sha256: 'ab', guestPauseMs: 4 }
  assert.equal(snapshot.parse({ ...smallest, status }).status, status)
})

test.run()

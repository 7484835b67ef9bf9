import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ephemeralInstance } from './ephemeral-instance.ts'
import { apiVersion } from './group.ts'

const smallest = {
  apiVersion,
  kind: 'EphemeralInstance',
  metadata: { name: 'web1', namespace: 'default' },
  spec: { boot: { claim: 'debian' }, flavor: 's1.1core' },
}

test('the smallest instance gets its defaults', () => {
  const { spec } = ephemeralInstance.parse(smallest)
  assert.equal(spec, {
    boot: { claim: 'debian' },
    flavor: 's1.1core',
    sshAuthorizedKeys: [],
    powerState: 'Running',
    rebuildGeneration: 0,
    rebootGeneration: 0,
    resetGeneration: 0,
    restartPolicy: 'Always',
    ports: [],
    accelerator: 'Auto',
    terminationGracePeriodSeconds: 30,
  })
})

test('fields of a later version are tolerated and dropped', () => {
  const later = { ...smallest, spec: { ...smallest.spec, hibernate: true } }
  assert.not.ok('hibernate' in ephemeralInstance.parse(later).spec)
})

test('the status survives parsing', () => {
  const status = { phase: 'Ready', ip: '10.0.0.7', timings: { qemuStarted: 900 } }
  assert.equal(ephemeralInstance.parse({ ...smallest, status }).status, status)
})

test.run()

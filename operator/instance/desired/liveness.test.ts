import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Liveness } from '../../api/liveness.ts'
import { livenessVariables } from './liveness.ts'
import { forwardedPorts } from './ports.ts'

const rows: ReadonlyArray<
  readonly [name: string, liveness: Omit<Liveness, 'silentSeconds' | 'action'>, check: string, port: number]
> = [
  ['ssh', { ssh: { port: 2222 } }, 'ssh:2222', 2222],
  ['tcp', { tcp: { port: 5432 } }, 'tcp:5432', 5432],
  ['http', { http: { port: 8081, path: '/alive' } }, 'http:8081/alive', 8081],
]
for (const [name, check, want, port] of rows)
  test(`the runner is told to watch by ${name}, and the port is forwarded`, () => {
    const liveness: Liveness = { ...check, silentSeconds: 90, action: 'Restart' }
    assert.equal(livenessVariables(liveness), {
      VM_LIVENESS: want,
      VM_LIVENESS_SECONDS: '90',
      VM_LIVENESS_ACTION: 'restart',
    })
    const declared = [{ name: 'web', port: 80, protocol: 'TCP' }] as const
    assert.ok(forwardedPorts(declared, { kind: 'none' }, liveness).tcp.includes(port))
  })

test('nothing is watched unless asked for', () => assert.equal(livenessVariables(undefined), {}))

test.run()

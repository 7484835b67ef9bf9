import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readiness, readinessOf } from './readiness.ts'

const cases = [
  { name: 'nothing said means the SSH banner on 22', spec: undefined, want: { kind: 'ssh', port: 22 } },
  { name: 'an empty object means the same', spec: {}, want: { kind: 'ssh', port: 22 } },
  { name: 'ssh without a port is on 22', spec: { ssh: {} }, want: { kind: 'ssh', port: 22 } },
  { name: 'ssh may be on another port', spec: { ssh: { port: 2222 } }, want: { kind: 'ssh', port: 2222 } },
  { name: 'tcp names its port', spec: { tcp: { port: 80 } }, want: { kind: 'tcp', port: 80 } },
  {
    name: 'http asks for / unless told',
    spec: { http: { port: 80 } },
    want: { kind: 'http', port: 80, path: '/' },
  },
  { name: 'agent', spec: { agent: {} }, want: { kind: 'agent' } },
  { name: 'none', spec: { none: {} }, want: { kind: 'none' } },
]
for (const { name, spec, want } of cases) {
  test(name, () => assert.equal(readinessOf(readiness.optional().parse(spec)), want))
}

test.run()

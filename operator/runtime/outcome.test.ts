import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { KubeError } from '../kube/errors.ts'
import { judge, ReconcileTimeout, Stalled, Waiting } from './outcome.ts'

const kube = (status: number, reason: string) => new KubeError({ status, reason, message: 'm' })
const cases: {
  name: string
  error: unknown
  stopping?: boolean
  kind: string
  reason: string
  log: string
}[] = [
  {
    name: 'what only a change can help',
    error: new Stalled('FlavorUnknown', 'm'),
    kind: 'stalled',
    reason: 'FlavorUnknown',
    log: 'info',
  },
  {
    name: 'what is on its way',
    error: new Waiting('Scheduling', 'm', 5),
    kind: 'waiting',
    reason: 'Scheduling',
    log: 'debug',
  },
  { name: 'a conflict', error: kube(409, 'Conflict'), kind: 'conflict', reason: 'Conflict', log: 'info' },
  {
    name: 'a name that is taken',
    error: kube(409, 'AlreadyExists'),
    kind: 'retry',
    reason: 'AlreadyExists',
    log: 'error',
  },
  {
    name: 'a server that is away',
    error: kube(0, 'ConnectionFailed'),
    kind: 'retry',
    reason: 'ConnectionFailed',
    log: 'warn',
  },
  {
    name: 'a missing right',
    error: kube(403, 'Forbidden'),
    kind: 'retry',
    reason: 'Forbidden',
    log: 'error',
  },
  {
    name: 'a timeout',
    error: new ReconcileTimeout('m'),
    kind: 'timeout',
    reason: 'ReconcileTimeout',
    log: 'error',
  },
  {
    name: 'an abort while stopping',
    error: kube(0, 'Aborted'),
    stopping: true,
    kind: 'aborted',
    reason: 'Aborted',
    log: 'debug',
  },
  {
    name: 'an abort out of the blue',
    error: kube(0, 'Aborted'),
    kind: 'retry',
    reason: 'Aborted',
    log: 'error',
  },
  {
    name: 'a mistake in the code',
    error: new TypeError('x is not a function'),
    kind: 'bug',
    reason: 'InternalError',
    log: 'error',
  },
  {
    name: 'something thrown that is no error',
    error: 'oops',
    kind: 'bug',
    reason: 'InternalError',
    log: 'error',
  },
  { name: 'any other error', error: new Error('m'), kind: 'retry', reason: 'ReconcileFailed', log: 'error' },
]
for (const { name, error, stopping, kind, reason, log } of cases)
  test(`${name} is judged ${kind}`, () => {
    const verdict = judge(error, stopping)
    assert.is(verdict.kind, kind)
    assert.is(verdict.reason, reason)
    assert.is(verdict.log, log)
  })

test('waiting says for how long', () => {
  assert.is(judge(new Waiting('Scheduling', 'm', 5)).requeueAfterSeconds, 5)
})

test.run()

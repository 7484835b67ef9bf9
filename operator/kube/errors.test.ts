import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  asConflict,
  errorFromResponse,
  errorFromStatus,
  isAlreadyExists,
  isConflict,
  isExpired,
  isNamespaceTerminating,
  isNotFound,
  isTransient,
  KubeError,
} from './errors.ts'
import { statusBody } from './testing/fake-apiserver.ts'

const answer = (status: number, reason: string) => errorFromResponse(status, {}, statusBody(status, reason))

test('each kind of answer is told apart', () => {
  assert.is(isNotFound(answer(404, 'NotFound')), true)
  assert.is(isConflict(answer(409, 'Conflict')), true)
  assert.is(isConflict(answer(409, 'AlreadyExists')), false)
  assert.is(isAlreadyExists(answer(409, 'AlreadyExists')), true)
  assert.is(isExpired(answer(410, 'Expired')), true)
  assert.is(isTransient(answer(503, 'ServiceUnavailable')), true)
  assert.is(isTransient(answer(422, 'Invalid')), false)
  assert.is(isNotFound(new Error('404')), false)
})

test('an answer that is no Status, as a proxy gives, has a reason and a short message all the same', () => {
  const error = errorFromResponse(502, {}, `<html>${'x'.repeat(1000)}</html>`)
  assert.is(error.reason, 'HTTP502')
  assert.ok(error.message.length < 300)
})

test('the wait that the server asks for is read from the header, or from the details', () => {
  assert.is(errorFromResponse(429, { 'retry-after': '7' }, '').retryAfterSeconds, 7)
  const body = JSON.stringify({
    kind: 'Status',
    reason: 'TooManyRequests',
    details: { retryAfterSeconds: 3 },
  })
  assert.is(errorFromResponse(429, {}, body).retryAfterSeconds, 3)
  assert.is(errorFromResponse(429, { 'retry-after': 'soon' }, '').retryAfterSeconds, undefined)
})

test('an ERROR event of a watch is an error like any other', () => {
  assert.is(isExpired(errorFromStatus({ code: 410, reason: 'Expired', message: 'too old' })), true)
  assert.is(errorFromStatus('nonsense').reason, 'BadResponse')
})

test('a failed test of a patch is a conflict, a refused value is not', () => {
  const details = (causes: { field: string }[]) =>
    new KubeError({ status: 422, reason: 'Invalid', message: 'm', details: { causes } })
  assert.is(isConflict(asConflict(details([]))), true)
  assert.is(isConflict(asConflict(details([{ field: 'metadata.uid' }]))), true)
  assert.is(isConflict(asConflict(details([{ field: 'spec.cpus' }]))), false)
})

test('a namespace on its way out is told from a missing right', () => {
  const details = { causes: [{ reason: 'NamespaceTerminating' }] }
  assert.is(
    isNamespaceTerminating(new KubeError({ status: 403, reason: 'Forbidden', message: 'm', details })),
    true,
  )
  assert.is(isNamespaceTerminating(new KubeError({ status: 403, reason: 'Forbidden', message: 'm' })), false)
})

test.run()

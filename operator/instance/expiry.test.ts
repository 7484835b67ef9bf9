import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { InstanceSpec } from '../api/instance-spec.ts'
import { expiresAt, noticeAt } from './expiry.ts'
import { instance } from './testing/build.ts'

const creationTimestamp = '2026-01-01T12:00:00Z'
const of = (expiry: InstanceSpec['expiry']) => {
  const one = instance(expiry === undefined ? {} : { expiry })
  return { ...one, metadata: { ...one.metadata, creationTimestamp } }
}

const rows: ReadonlyArray<{ name: string; expiry: InstanceSpec['expiry']; want: string | undefined }> = [
  { name: 'an instance without expiry never expires', expiry: undefined, want: undefined },
  {
    name: 'ttlSeconds count from the creation',
    expiry: { ttlSeconds: 90 },
    want: '2026-01-01T12:01:30.000Z',
  },
  {
    name: 'a deadline is a moment, in whatever zone it is written',
    expiry: { deadline: '2026-01-01T14:00:00+01:00' },
    want: '2026-01-01T13:00:00.000Z',
  },
  {
    name: 'of the two, the ttl when it comes first',
    expiry: { ttlSeconds: 90, deadline: '2026-01-01T13:00:00Z' },
    want: '2026-01-01T12:01:30.000Z',
  },
  {
    name: 'of the two, the deadline when it comes first',
    expiry: { ttlSeconds: 90, deadline: '2026-01-01T12:00:30Z' },
    want: '2026-01-01T12:00:30.000Z',
  },
]
for (const { name, expiry, want } of rows)
  test(name, () => assert.is(expiresAt(of(expiry))?.toISOString(), want))

const notices: ReadonlyArray<{ name: string; ttlSeconds: number; ahead: number }> = [
  { name: 'a long life is told to end ten minutes before', ttlSeconds: 86_400, ahead: 600 },
  { name: 'a short one, a tenth of it before', ttlSeconds: 100, ahead: 10 },
]
for (const { name, ttlSeconds, ahead } of notices)
  test(name, () => {
    const one = of({ ttlSeconds })
    const at = expiresAt(one)
    assert.is(at === undefined ? undefined : (at.getTime() - noticeAt(one, at).getTime()) / 1000, ahead)
  })

test('a deadline before the creation leaves no time to tell', () => {
  const at = new Date('2025-01-01T00:00:00Z')
  assert.equal(noticeAt(of({ deadline: at.toISOString() }), at), at)
})

test.run()

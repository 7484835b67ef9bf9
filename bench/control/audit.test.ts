import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { AuditLog, inWords, tally } from './audit.ts'

const directory = mkdtempSync(join(tmpdir(), 'ephemera-audit-'))
test.after(() => rmSync(directory, { recursive: true }))

const line = (verb: string, resource: string, subresource?: string, code = 200) =>
  `${JSON.stringify({
    kind: 'Event',
    stage: 'ResponseComplete',
    verb,
    requestReceivedTimestamp: '2026-01-02T03:04:05.678901Z',
    objectRef: { resource, ...(subresource === undefined ? {} : { subresource }), name: 'web1' },
    responseStatus: { code },
  })}\n`

test('each call is read once, a line that is half written when it is whole', () => {
  const file = join(directory, 'audit.log')
  const [one, two] = [line('create', 'pods'), line('patch', 'ephemeralinstances', 'status')]
  writeFileSync(file, one + two.slice(0, 40))
  const log = new AuditLog(file)
  assert.equal(log.read(), [
    { at: Date.parse('2026-01-02T03:04:05.678Z'), verb: 'create', resource: 'pods', name: 'web1', code: 200 },
  ])
  assert.equal(log.read(), [])
  appendFileSync(file, two.slice(40))
  assert.equal(
    log.read().map(({ verb, resource }) => [verb, resource]),
    [['patch', 'ephemeralinstances/status']],
  )
})

test('writes, reads, events and the lease are told apart; a watch is none of them', () => {
  const file = join(directory, 'kinds.log')
  const lines = [
    line('create', 'pods'),
    line('create', 'pods', undefined, 409),
    line('patch', 'ephemeralinstances', 'status'),
    line('list', 'pods'),
    line('watch', 'pods'),
    line('create', 'events'),
    line('update', 'leases'),
  ]
  writeFileSync(file, lines.join(''))
  const { writes, reads, events, leases } = tally(new AuditLog(file).read())
  assert.is(inWords(writes), '1 x create pods, 1 x create pods (409), 1 x patch ephemeralinstances/status')
  assert.is(inWords(reads), '1 x list pods')
  assert.is(inWords(events), '1 x create events')
  assert.is(inWords(leases), '1 x update leases')
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { jsonLogger } from './logs.ts'
import { readable } from './redact.ts'

test('values are blanked by the names of their keys, at any depth', () => {
  const secret = {
    name: 'web1-vm',
    data: { psk: 'x' },
    nested: [{ userData: '#!/bin/sh', bearerToken: 't', port: 22 }],
  }
  assert.equal(readable(secret), {
    name: 'web1-vm',
    data: '[redacted]',
    nested: [{ userData: '[redacted]', bearerToken: '[redacted]', port: 22 }],
  })
})

test('an error shows what is known of it and nothing that a library hung on it', () => {
  const error = Object.assign(new Error('boom'), {
    request: { headers: { authorization: 'Bearer x' } },
    status: 500,
  })
  const shown = readable(error) as Record<string, unknown>
  assert.is(shown.message, 'boom')
  assert.is(shown.status, 500)
  assert.not.match(JSON.stringify(shown), /Bearer/)
})

test('a value that holds itself, or is huge, does not end the process', () => {
  const loop: Record<string, unknown> = {}
  loop.self = loop
  assert.ok(JSON.stringify(readable({ loop, text: 'x'.repeat(100_000), big: 10n })).length < 10_000)
})

test('a log line is JSON with a level, a time, the constant message and the fields', () => {
  const lines: string[] = []
  const log = jsonLogger({
    level: 'info',
    base: { version: '1' },
    destination: { write: (line) => lines.push(line) },
  })
  log.child({ controller: 'instance' }).info('Pod created', { pod: 'web1-vm', token: 'x' })
  log.debug('Not shown')
  assert.is(lines.length, 1)
  const { time, ...rest } = JSON.parse(lines[0] ?? '') as Record<string, unknown>
  assert.match(String(time), /^\d{4}-\d\d-\d\dT/)
  assert.equal(rest, {
    level: 'info',
    version: '1',
    controller: 'instance',
    pod: 'web1-vm',
    token: '[redacted]',
    msg: 'Pod created',
  })
})

test.run()

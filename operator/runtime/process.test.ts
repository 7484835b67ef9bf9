import { execFileSync, spawn } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from '../kube/testing/until.ts'

test('a process whose API server is away neither ends nor fails, and stops cleanly when told to', async () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'testing/api-away.ts')])
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  await until('three lists failed', () => output.split('"List failed"').length > 3, 120)
  assert.is(child.exitCode, null, output)
  child.kill('SIGTERM')
  assert.is(await ended, 0, output)
  assert.match(output, /"Stopped"/)
})

test('a rejection that nobody looks after is told, and does not end the process', () => {
  const said = execFileSync(process.execPath, [join(import.meta.dirname, 'testing/rejecting.ts')]).toString()
  assert.is(said, 'told: Error: nobody looks\nlives on\n')
})

test.run()

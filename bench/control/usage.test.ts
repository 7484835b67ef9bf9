import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { cpuSeconds, descendants, memoryMib } from './usage.ts'

test('CPU time is that of the process', () => {
  const own = process.cpuUsage()
  const seconds = (own.user + own.system) / 1e6
  assert.ok(Math.abs(cpuSeconds(process.pid) - seconds) < 0.5)
})

test('memory is in MiB, and its peak no less', () => {
  const { now, peak } = memoryMib(process.pid)
  assert.ok(Math.abs(now - process.memoryUsage().rss / 1024 ** 2) < 30)
  assert.ok(peak >= now)
})

test('a process is found below the one that started it, and below no other', async () => {
  const child = spawn('sleep', ['600'])
  await once(child, 'spawn')
  assert.is(descendants(process.pid).get('sleep'), child.pid)
  assert.is(descendants(child.pid ?? 0).size, 0)
  child.kill()
  await once(child, 'exit')
})

test.run()

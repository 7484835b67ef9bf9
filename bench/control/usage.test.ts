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

test('a process descends from its parent, not from itself', () => {
  assert.ok([...descendants(process.ppid).values()].includes(process.pid))
  assert.not([...descendants(process.pid).values()].includes(process.pid))
})

test.run()

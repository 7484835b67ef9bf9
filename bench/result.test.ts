import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Result, resultText } from './result.ts'

const result: Result = {
  name: 'boot',
  commit: 'abc1234',
  date: '2026-01-01T12:00:00.000Z',
  machine: 'a "small" one',
  metrics: {
    some_ratio: { value: 1.03456, unit: 'ratio', baseline: 1234.56, ratio: 1.03456, n: 7 },
    disk: { value: 0.2501, unit: 'MiB', baseline: 0, n: 3 },
    memory: { value: 12.345, unit: 'MiB', baseline: 150.04, ratio: 1.0823, n: 3 },
  },
}

test('a result is JSON that holds all that was given, rounded', () => {
  assert.equal(JSON.parse(resultText(result)), {
    ...result,
    metrics: {
      some_ratio: { value: 1.035, unit: 'ratio', baseline: 1235, ratio: 1.035, n: 7 },
      disk: { value: 0.25, unit: 'MiB', baseline: 0, n: 3 },
      memory: { value: 12.3, unit: 'MiB', baseline: 150, ratio: 1.082, n: 3 },
    },
  })
})

test('a metric takes one line, so that a diff shows which one changed', () => {
  const [line, ...others] = resultText(result)
    .split('\n')
    .filter((candidate) => candidate.includes('"some_ratio"'))
  assert.equal(others, [])
  assert.match(line ?? '', /"n":7/)
})

test.run()

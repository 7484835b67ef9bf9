import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { withResult } from './page.ts'

const result = {
  name: 'boot',
  commit: 'abc',
  date: '2026-01-02T03:04:05Z',
  machine: 'a machine',
  metrics: {},
}

test('what stands between the marks is replaced, and nothing else', () => {
  const page = 'before\n<!-- bench/results/boot.json -->\nold\n<!-- end -->\nafter\n<!-- end -->\n'
  assert.is(
    withResult(page, result, '| table |'),
    'before\n<!-- bench/results/boot.json -->\nMeasured 2026-01-02 at commit abc, on a machine.\n\n| table |\n<!-- end -->\nafter\n<!-- end -->\n',
  )
})

test('a page without the marks is an error, not left as it is in silence', () => {
  assert.throws(() => withResult('no marks', result, ''), /has no place for boot/)
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readSummary } from './summary.ts'

const cases = [
  {
    name: 'counts a passing suite',
    output: '• •   (2 / 2)\n\n  Total:     2\n  Passed:    2\n  Skipped:   0\n',
    want: { passed: 2, failed: 0 },
  },
  {
    name: 'counts a failed test',
    output: '  Total:     3\n  \u001b[31mPassed:    1\u001b[39m\n  Skipped:   0\n',
    want: { passed: 1, failed: 2 },
  },
  {
    name: 'does not count a skipped test as failed',
    output: '  Total:     1\n  Passed:    1\n  Skipped:   2\n',
    want: { passed: 1, failed: 0 },
  },
  { name: 'reads nothing from no summary', output: 'Error: boom', want: { passed: 0, failed: 0 } },
]

for (const { name, output, want } of cases) test(name, () => assert.equal(readSummary(output), want))

test.run()

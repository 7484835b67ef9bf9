import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { failureReport } from './failure.ts'

const noise = Array.from({ length: 100 }, (_, index) => `log line ${index}`).join('\n')
const file = 'operator/pod/a.test.ts'
const cases = [
  {
    name: 'begins where the file complains, without colours',
    failure: { file, output: `${noise}\n   \u001b[31mFAIL\u001b[39m  "a pod"\n\n  Actual: 1\n` },
    want: `FAIL ${file}\n        FAIL  "a pod"\n       Actual: 1\n`,
  },
  {
    name: 'gives why where the file does not complain itself',
    failure: { file, output: 'half a line', why: 'did not end within 60 s' },
    want: `FAIL ${file}: did not end within 60 s\n     half a line\n`,
  },
]
for (const { name, failure, want } of cases) test(name, () => assert.is(failureReport(failure), want))

test('a long complaint is cut', () => {
  const lines = failureReport({ file, output: `FAIL  "long"\n${noise}` }).split('\n')
  assert.ok(lines.length < 50)
  assert.match(lines.at(-2) ?? '', /log line 38/)
})

test.run()

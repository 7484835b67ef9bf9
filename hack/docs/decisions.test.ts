import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { decisionsPage, readDecisions } from './decisions.ts'

test('decisions are listed by number, each with a link', () => {
  const page = decisionsPage([{ file: '0007-seven.md', title: '7. Seven is enough' }])
  assert.match(page, '\n- [7. Seven is enough](0007-seven.md)\n')
})

test('no two decision records have the same number', () => {
  const numbers = readDecisions(join(import.meta.dirname, '../../docs/adr')).map(({ file }) =>
    file.slice(0, 4),
  )
  assert.ok(numbers.length > 0)
  assert.equal([...new Set(numbers)], numbers)
})

test.run()

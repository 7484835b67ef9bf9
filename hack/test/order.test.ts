import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { inOrder } from './order.ts'

const texts: Readonly<Record<string, string>> = {
  'b/crash.test.ts': '',
  'c.test.ts': "import { test } from 'uvu'\n// Runs alone: it takes a node away.\n",
  'a.test.ts': 'const words = "// Runs alone: not at the start of a line"',
  'd/crash.test.ts': '// Runs alone: it stops the operator.',
}
const textOf = (file: string) => texts[file] ?? ''

test('files run in the order of their paths, and those that say that they run alone come last', () => {
  assert.equal(inOrder(Object.keys(texts), undefined, textOf), {
    together: ['a.test.ts', 'b/crash.test.ts'],
    alone: ['c.test.ts', 'd/crash.test.ts'],
  })
})

test('those that are named begin, among both', () => {
  assert.equal(inOrder(Object.keys(texts), 'crash', textOf), {
    together: ['b/crash.test.ts', 'a.test.ts'],
    alone: ['d/crash.test.ts', 'c.test.ts'],
  })
})

test.run()

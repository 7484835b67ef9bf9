import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { canonicalJson, covers, sameJson } from './json.ts'

test('the order of keys does not matter, that of items does', () => {
  assert.is(canonicalJson({ b: [1, { d: 1, c: 2 }], a: 1 }), canonicalJson({ a: 1, b: [1, { c: 2, d: 1 }] }))
  assert.is.not(canonicalJson([1, 2]), canonicalJson([2, 1]))
})

test('two values are the same exactly when their canonical texts are', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      assert.is(sameJson(a, structuredClone(a)), true)
      assert.is(sameJson(a, b), canonicalJson(a) === canonicalJson(b))
    }),
  )
})

const cases: { name: string; live: unknown; intent: unknown; want: boolean }[] = [
  { name: 'more fields than asked for are fine', live: { a: 1, b: 2 }, intent: { a: 1 }, want: true },
  { name: 'a missing field is not', live: { b: 2 }, intent: { a: 1 }, want: false },
  { name: 'defaults inside of list items are fine', live: [{ a: 1, b: 2 }], intent: [{ a: 1 }], want: true },
  { name: 'a longer list is not covered', live: [1, 2], intent: [1], want: false },
  { name: 'undefined asks for nothing', live: {}, intent: { a: undefined }, want: true },
  { name: 'a list is no object', live: {}, intent: [], want: false },
]
for (const { name, live, intent, want } of cases) test(name, () => assert.is(covers(live, intent), want))

test.run()

import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { formatBytes, QuantityError, toBytes } from './quantity.ts'

const bytes: [string | number, bigint][] = [
  ['0', 0n],
  [2, 2n],
  ['64Mi', 67108864n],
  ['1.5Gi', 1610612736n],
  ['.5Ki', 512n],
  ['1e3', 1000n],
  ['1E3', 1000n],
  ['2E', 2000000000000000000n],
  ['1.5e-1', 1n],
  ['100m', 1n],
  ['128974848', 128974848n],
  ['129e6', 129000000n],
  ['129M', 129000000n],
  ['123Mi', 128974848n],
  ['8Ei', 9223372036854775808n],
  ['-1500m', -2n],
  ['+5k', 5000n],
]
for (const [text, want] of bytes) test(`${text} is ${want} bytes`, () => assert.is(toBytes(text), want))

for (const text of ['', ' 1', '1 Gi', 'Gi', '1gi', '1.2.3', '1e', '0x10', '.', '-', '1KiB', 'NaN', '1e9999'])
  test(`"${text}" is refused, and the message says what to write`, () =>
    assert.throws(
      () => toBytes(text),
      (error: unknown) => error instanceof QuantityError && /write for example/.test(error.message),
    ))

test('bytes survive being written and read', () => {
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: 2n ** 63n }), (n) => assert.is(toBytes(formatBytes(n)), n)))
})

test('bytes are written in the largest unit that is exact', () => {
  assert.is(formatBytes(1610612736n), '1536Mi')
  assert.is(formatBytes(1000n), '1000')
  assert.is(formatBytes(0n), '0')
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesOf } from './quantity.ts'

const readable: readonly [string | number, number][] = [
  [1048576, 1048576],
  ['64Mi', 64 * 1024 ** 2],
  ['1.5Gi', 1.5 * 1024 ** 3],
  ['10G', 10e9],
  ['2e9', 2e9],
  ['1500m', 2],
]
for (const [text, bytes] of readable) test(`${text} is ${bytes} bytes`, () => assert.is(bytesOf(text), bytes))

for (const text of ['', 'two', '2GiB', '2 Gi', '0x10']) {
  test(`"${text}" is no quantity`, () => assert.throws(() => bytesOf(text), /is not a quantity/))
}

test.run()

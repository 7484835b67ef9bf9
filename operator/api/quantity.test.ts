import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesOf, formatBytes, mebibytesOf } from './quantity.ts'

const readable: readonly [string | number, number][] = [
  [1048576, 1048576],
  ['0', 0],
  ['64Mi', 64 * 1024 ** 2],
  ['1.5Gi', 1.5 * 1024 ** 3],
  ['.5Ki', 512],
  ['10G', 10e9],
  ['1k', 1000],
  ['1Ki', 1024],
  ['2e9', 2e9],
  ['2E3', 2000],
  ['1E', 1e18],
  ['1Ei', 1024 ** 6],
  ['100m', 1],
  ['1500m', 2],
]
for (const [text, bytes] of readable) test(`${text} is ${bytes} bytes`, () => assert.is(bytesOf(text), bytes))

for (const text of ['', 'two', '2GiB', '2 Gi', '2K', '1,5Gi', '0x10', 'Gi']) {
  test(`"${text}" is no quantity`, () => assert.throws(() => bytesOf(text), /is no quantity/))
}

test('mebibytes are rounded up', () => {
  assert.is(mebibytesOf('64Mi'), 64)
  assert.is(mebibytesOf('64.1Mi'), 65)
})

const written: readonly [number, string][] = [
  [0, '0'],
  [1023, '1023'],
  [1024, '1Ki'],
  [10 * 1024 ** 3, '10Gi'],
  [1.5 * 1024 ** 3, '1536Mi'],
]
for (const [bytes, text] of written)
  test(`${bytes} bytes are written ${text}`, () => assert.is(formatBytes(bytes), text))

test.run()

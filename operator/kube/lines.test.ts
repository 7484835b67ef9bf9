import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { KubeError } from './errors.ts'
import { jsonLines } from './lines.ts'

async function* chunks(text: Buffer, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let start = 0
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    yield text.subarray(start, cut)
    start = cut
  }
  yield text.subarray(start)
}

async function read(source: AsyncIterable<Uint8Array>): Promise<unknown[]> {
  const values: unknown[] = []
  for await (const value of jsonLines(source)) values.push(value)
  return values
}

test('lines are the same however the network cuts them, in the middle of a character too', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ text: fc.string({ unit: 'binary' }) }, { noNullPrototype: true })),
      fc.array(fc.nat(400)),
      async (values, cuts) => {
        const text = Buffer.from(values.map((value) => `${JSON.stringify(value)}\n`).join(''))
        const fitting = cuts.filter((cut) => cut <= text.length)
        assert.equal(await read(chunks(text, fitting)), values)
      },
    ),
  )
})

test('a last line that was cut off is dropped, even where it is whole JSON', async () => {
  assert.equal(await read(chunks(Buffer.from('{"a":1}\n{"b":2}'), [])), [{ a: 1 }])
})

test('empty lines are passed over', async () => {
  assert.equal(await read(chunks(Buffer.from('\n{"a":1}\n\r\n{"b":2}\n'), [])), [{ a: 1 }, { b: 2 }])
})

test('a line that is not JSON is an error of the answer', async () => {
  try {
    await read(chunks(Buffer.from('{"a":\n'), []))
    assert.unreachable()
  } catch (error) {
    assert.instance(error, KubeError)
    assert.is((error as KubeError).reason, 'BadResponse')
  }
})

test.run()

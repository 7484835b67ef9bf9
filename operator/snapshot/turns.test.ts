import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Turns } from './turns.ts'

test('work on the same thing is done one after the other, also after one that failed; on other things it is not held up', async () => {
  const turns = new Turns()
  const told: string[] = []
  const gate = Promise.withResolvers<void>()
  const first = turns.take('a', async () => {
    told.push('first begins')
    await gate.promise
    told.push('first ends')
    throw new Error('no')
  })
  const second = turns.take('a', async () => told.push('second'))
  await turns.take('b', async () => told.push('other'))
  assert.equal(told, ['first begins', 'other'])
  gate.resolve()
  const refusal = await first.catch((error: unknown) => error)
  assert.instance(refusal, Error)
  await second
  assert.equal(told, ['first begins', 'other', 'first ends', 'second'])
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { slowStart } from './slow-start.ts'

const items = (count: number) => Array.from({ length: count }, (_, at) => at)

test('one, two, four and so on are under way at once, up to the most', async () => {
  let running = 0
  const seen: number[] = []
  const { done } = await slowStart(items(20), 6, async (item) => {
    seen.push(++running)
    await Promise.resolve()
    running--
    return item
  })
  assert.equal(done, items(20))
  assert.equal(seen, [1, 1, 2, 1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 1])
})

test('after a failure nothing more is begun, and what was done counts', async () => {
  const tried: number[] = []
  const { done, error } = await slowStart(items(50), 16, async (item) => {
    tried.push(item)
    if (item === 2) throw new Error('no room')
    return item
  })
  assert.equal(tried, [0, 1, 2])
  assert.equal(done, [0, 1])
  assert.is((error as Error).message, 'no room')
})

test('nothing to do is done', async () => assert.equal(await slowStart([], 4, async () => 1), { done: [] }))

test.run()

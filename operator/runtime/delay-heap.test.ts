import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { DelayHeap } from './delay-heap.ts'

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')
const step = fc.oneof(
  fc.record({ do: fc.constant('set'), key, at: fc.nat(20) }),
  fc.record({ do: fc.constant('delete'), key, at: fc.constant(0) }),
)

test('the earliest is always on top, whatever is added, moved and taken away', () => {
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const heap = new DelayHeap<number>()
      const model = new Map<string, number>()
      for (const one of steps) {
        if (one.do === 'set') {
          heap.set(one.key, one.at, one.at)
          model.set(one.key, one.at)
        } else {
          assert.is(heap.delete(one.key)?.value, model.get(one.key))
          model.delete(one.key)
        }
        assert.is(heap.size, model.size)
        assert.is(heap.peek()?.at, model.size === 0 ? undefined : Math.min(...model.values()))
      }
      const drained: number[] = []
      for (let first = heap.peek(); first !== undefined; first = heap.peek()) {
        drained.push(first.at)
        heap.delete(first.key)
      }
      assert.equal(
        drained,
        [...model.values()].sort((a, b) => a - b),
      )
    }),
  )
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { forEveryWrite, goWell, goWrong } from '../instance/testing/faults.ts'
import { World } from '../instance/testing/world.ts'
import { paths } from './testing/paths.ts'

/**
 * The operator is killed after each of its writes, on every path of a snapshot, and one with fresh caches takes over: it comes to
 * the very same end, with one moment fixed and nothing left behind.
 */
let world: World
test.before(async () => {
  world = await World.start()
})
test.after(() => world?.stop())

for (const path of paths) {
  test(`a crash after any write does not change the end of: ${path.name}`, async () => {
    const baseline = await goWell(world, path)
    const survived = await forEveryWrite((k) => goWrong(world, path, { k, kind: 'crash' }, baseline))
    console.log(`${path.name}: ${baseline.writes} writes, survived a crash after each of ${survived}`)
    assert.ok(survived > 0)
  })
}

test.run()

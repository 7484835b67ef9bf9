import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { forEveryWrite, goStale, goWell, goWrong } from '../instance/testing/faults.ts'
import { World } from '../instance/testing/world.ts'
import { paths } from './testing/paths.ts'

/**
 * The operator is killed after each of its writes, those about the instances among them, on every path of a set, and one with fresh caches takes
 * over: it comes to the very same end, with no instance made twice and none left behind.
 */
let world: World
test.before(async () => {
  world = await World.start()
})
test.after(() => world?.stop())

for (const path of paths) {
  test(`a crash after any write, and a cache that lags behind, do not change the end of: ${path.name}`, async () => {
    const baseline = await goWell(world, path)
    const survived = await forEveryWrite((k) => goWrong(world, path, { k, kind: 'crash' }, baseline))
    console.log(`${path.name}: ${baseline.writes} writes, survived a crash after each of ${survived}`)
    if (baseline.writes > 0) assert.ok(survived > 0)
    await goStale(world, path, { held: 'ephemeralinstances' }, baseline)
    await goStale(world, path, { mostMs: 300 }, baseline)
  })
}

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { forEveryWrite, goElsewhere, goWell, goWrong } from '../instance/testing/faults.ts'
import { World } from '../instance/testing/world.ts'
import { changesOfMind, paths } from './testing/paths.ts'

/** The operator is killed after each of its writes, on every path of copies, and one with fresh caches takes over. */
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

for (const path of changesOfMind) {
  test(`a fresh operator finds its way after a crash: ${path.name}`, async () => {
    const survived = await forEveryWrite((k) => goElsewhere(world, path, k))
    assert.ok(survived > 0)
  })
}

test.run()

import type { Test } from 'uvu'
import * as assert from 'uvu/assert'
import { forEveryWrite, goElsewhere, goWell, goWrong } from './faults.ts'
import type { ChangeOfMind, Path } from './paths.ts'
import { World } from './world.ts'

/**
 * Adds a test for each path: the operator is killed after each of its writes, and one with fresh caches takes over. It comes
 * to the very same end; or, where somebody changed his mind meanwhile, to that of the other wish.
 */
export function survivesCrashes(
  suite: Test,
  paths: readonly Path[],
  changesOfMind: readonly ChangeOfMind[] = [],
): void {
  let world: World
  suite.before(async () => {
    world = await World.start()
  })
  suite.after(() => world?.stop())

  for (const path of paths) {
    suite(`a crash after any write does not change the end of: ${path.name}`, async () => {
      const baseline = await goWell(world, path)
      const survived = await forEveryWrite((k) => goWrong(world, path, { k, kind: 'crash' }, baseline))
      console.log(`${path.name}: ${baseline.writes} writes, survived a crash after each of ${survived}`)
      if (baseline.writes > 0) assert.ok(survived > 0)
    })
  }

  for (const path of changesOfMind) {
    suite(`a fresh operator finds its way after a crash: ${path.name}`, async () => {
      const survived = await forEveryWrite((k) => goElsewhere(world, path, k))
      assert.ok(survived > 0)
    })
  }
}

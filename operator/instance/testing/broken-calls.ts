import type { Test } from 'uvu'
import * as assert from 'uvu/assert'
import { goWell, goWrong } from './faults.ts'
import type { Path } from './paths.ts'
import { World } from './world.ts'

/** Adds a test for each path: each write fails once, with the operator still there, before it reached the API server or on the way back. */
export function survivesBrokenCalls(suite: Test, paths: readonly Path[]): void {
  let world: World
  suite.before(async () => {
    world = await World.start()
  })
  suite.after(() => world?.stop())

  for (const path of paths) {
    suite(`writes that break do not change the end of: ${path.name}`, async () => {
      const baseline = await goWell(world, path)
      const kinds = ['unsent', 'unanswered'] as const
      const failed = await Promise.all(
        kinds.map((kind) => goWrong(world, path, { k: 'each', kind }, baseline)),
      )
      assert.equal(failed, [baseline.writes > 0, baseline.writes > 0])
    })
  }
}

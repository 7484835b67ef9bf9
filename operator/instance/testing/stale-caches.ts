import type { Test } from 'uvu'
import { goStale, goWell, type Staleness } from './faults.ts'
import type { Path } from './paths.ts'
import { World } from './world.ts'

/**
 * Adds a test for each path: the caches lag behind what the API server holds, so that decisions rest on what was. Every path comes to the
 * very same end, with as many pods made.
 */
export function survivesStaleCaches(suite: Test, paths: readonly Path[], lags: readonly Staleness[]): void {
  let world: World
  suite.before(async () => {
    world = await World.start()
  })
  suite.after(() => world?.stop())

  for (const path of paths) {
    suite(`caches that lag behind do not change the end of: ${path.name}`, async () => {
      const baseline = await goWell(world, path)
      await Promise.all(lags.map((staleness) => goStale(world, path, staleness, baseline)))
    })
  }
}

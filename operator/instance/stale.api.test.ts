import { test } from 'uvu'
import { goStale, goWell, type Staleness } from './testing/faults.ts'
import { paths } from './testing/paths.ts'
import { World } from './testing/world.ts'

/**
 * The caches lag behind what the API server holds: decisions rest on what was. Every path comes to the very same end, with as
 * many pods made.
 */
let world: World
test.before(async () => {
  world = await World.start()
})
test.after(() => world?.stop())

const lags: readonly Staleness[] = [{ held: 'pods' }, { held: 'ephemeralinstances' }, { mostMs: 150 }]

for (const path of paths) {
  test(`caches that lag behind do not change the end of: ${path.name}`, async () => {
    const baseline = await goWell(world, path)
    await Promise.all(lags.map((staleness) => goStale(world, path, staleness, baseline)))
  })
}

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { goWell, goWrong } from './testing/faults.ts'
import { paths } from './testing/paths.ts'
import { World } from './testing/world.ts'

/** Each write fails once, with the operator still there: before it reached the API server, or on the way back. */
let world: World
test.before(async () => {
  world = await World.start()
})
test.after(() => world?.stop())

for (const path of paths) {
  test(`writes that break do not change the end of: ${path.name}`, async () => {
    const baseline = await goWell(world, path)
    const kinds = ['unsent', 'unanswered'] as const
    const failed = await Promise.all(kinds.map((kind) => goWrong(world, path, { k: 'each', kind }, baseline)))
    assert.equal(failed, [baseline.writes > 0, baseline.writes > 0])
  })
}

test.run()

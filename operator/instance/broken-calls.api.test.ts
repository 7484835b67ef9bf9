import { test } from 'uvu'
import { forEveryWrite, goWell, goWrong } from './testing/faults.ts'
import { paths } from './testing/paths.ts'
import { World } from './testing/world.ts'

/** A write fails, with the operator still there: before it reached the API server, or on the way back. */
let world: World
test.before(async () => {
  world = await World.start()
})
test.after(() => world?.stop())

for (const path of paths) {
  test(`a write that breaks does not change the end of: ${path.name}`, async () => {
    const baseline = await goWell(world, path)
    await forEveryWrite((k) => goWrong(world, path, { k, kind: 'unsent' }, baseline))
    await forEveryWrite((k) => goWrong(world, path, { k, kind: 'unanswered' }, baseline))
  })
}

test.run()

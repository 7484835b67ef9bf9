import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { OperatorProcess } from '../../operator/instance/testing/operator-process.ts'
import { leading } from './at-size.ts'
import { inWords, tally } from './audit.ts'
import { endOf } from './ending.ts'
import { Ground } from './ground.ts'
import { steady, untilQuiet } from './quiet.ts'
import { createRound } from './round.ts'

/** The benchmark of the control plane in small: what of its figures does not depend on the machine. */
const count = 50
let ground: Ground
let operator: OperatorProcess
test.before(async () => {
  ground = await Ground.make()
  operator = await leading(ground)
})
test.after(() => ground?.stop())

const names = Array.from({ length: count }, (_, index) => `vm-${index}`)
let perLife = 0

test('instances that are created in a burst all become Ready, each with one pod and one Secret', async () => {
  ground.calls()
  const round = await createRound(ground, operator, { prefix: 'vm', count, pace: 'burst' })
  assert.ok([...round.toPod, ...round.toActive].every((seconds) => seconds > 0))
  const { writes } = tally(await untilQuiet(ground))
  for (const resource of ['pods', 'secrets']) {
    const made = writes.filter((call) => call.verb === 'create' && call.resource === resource)
    assert.is(made.length, count, inWords(made))
  }
  perLife = writes.length / count
})

test('a steady state costs no call but for the Lease', async () => {
  const { tally: found } = await steady(ground, operator, 10)
  assert.is(inWords([...found.writes, ...found.reads, ...found.events]), 'nothing')
  assert.ok(found.leases.length > 0, 'the calls are counted')
})

test('a life costs at most 6 writes, and leaves nothing', async () => {
  const { writes, leftovers } = await endOf(ground, names)
  assert.equal(leftovers, [])
  const all = perLife + writes.length / count
  console.log(`writes per life: ${all}`)
  assert.ok(perLife >= 3, 'the calls are counted')
  assert.ok(all <= 6, inWords(writes))
})

test.run()

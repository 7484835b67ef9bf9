import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { findCondition } from '../kube/conditions.ts'
import { splitKey } from '../kube/object.ts'
import { events, pods } from '../kube/resource.ts'
import { fastClock } from './testing/fast-clock.ts'
import type { Lab } from './testing/lab.ts'
import { World } from './testing/world.ts'

let world: World
let lab: Lab
test.before(async () => {
  world = await World.start()
})
test.after(() => world?.stop())

const set = (spec: Record<string, unknown>) => lab.change('web1', { spec })
const say = (seconds: number) => world.kubelet.vms.idle.set(lab.pod('web1'), seconds)

test('a VM that nobody uses is told to expire, spared when somebody does, stopped in the end, and stays so until a rebuild', async () => {
  lab = await world.lab('idle')
  const first = await lab.operator()
  await lab.create('web1', { expiry: { idleSeconds: 1000 } })
  await lab.phase('web1', 'Ready')
  await first.crash()
  say(950)
  // One that comes much later, and for which minutes are seconds.
  const second = await lab.operator({}, { clock: fastClock(100, 5000) })
  const soon = await lab.reason('web1', 'Expiring', 'IdleSoon')
  assert.is(findCondition(soon.status?.conditions, 'Ready')?.status, 'True')
  say(0)
  await lab.healed('web1', 'Expiring')
  say(2000)
  const stopped = await lab.phase('web1', 'Expired')
  say(0)
  assert.is(await lab.client.find(pods, splitKey(lab.pod('web1'))), undefined)
  assert.is(stopped.status?.idle?.idleSeconds, 1000)
  assert.match(
    stopped.status?.actions?.findLast(({ action }) => action === 'Stop')?.message ?? '',
    /nobody had used/,
  )
  const { note = '' } = await lab.until('the event', async () => {
    const { items } = await lab.client.list(events, { namespace: lab.name })
    return items.find(({ reason }) => reason === 'Expired')
  })
  assert.match(note, /nobody had used the VM since .+ For a fresh VM raise spec\.rebuildGeneration/)

  // Nobody but its status knows why it is down.
  await second.crash()
  await lab.operator()
  await set({ rebootGeneration: 1 })
  await lab.phase('web1', 'Expired')
  await set({ rebuildGeneration: 1 })
  const again = await lab.phase('web1', 'Ready')
  assert.is(again.status?.idle, undefined)
  assert.is(again.status?.restarts, 0)
})

test.run()

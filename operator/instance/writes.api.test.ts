import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { keyOf } from '../kube/object.ts'
import { atRest } from './testing/at-rest.ts'
import type { Write } from './testing/faulty-client.ts'
import type { Lab } from './testing/lab.ts'
import type { TestOperator } from './testing/operator.ts'
import { World } from './testing/world.ts'

/**
 * What a life costs the API server. The clock goes slowly here, so that a busy machine does not make states last that
 * pass in a moment elsewhere.
 */
let world: World
let lab: Lab
let operator: TestOperator
test.before(async () => {
  world = await World.start(0.1)
  lab = await world.lab('lab')
  operator = await lab.operator()
  // What all VMs of a namespace share is there: it comes with the first of them.
  await lab.create('neighbour', { powerState: 'Stopped' })
  await lab.phase('neighbour', 'Stopped')
  await atRest(lab, operator)
})
test.after(async () => {
  await operator?.stop()
  await world?.stop()
})

const kindOf = ({ method, path }: Write): string => {
  const [, kind = '', subresource] = /\/namespaces\/[^/]+\/(\w+)(?:\/[^/]+)?(?:\/(\w+))?$/.exec(path) ?? []
  return `${method} ${kind}${subresource === undefined ? '' : `/${subresource}`}`
}

function tally(writes: readonly Write[]): string {
  const counts = new Map<string, number>()
  for (const write of writes) counts.set(kindOf(write), (counts.get(kindOf(write)) ?? 0) + 1)
  return [...counts].map(([kind, count]) => `${count} x ${kind}`).join(', ')
}

/** What the operator writes while this happens. */
async function writesOf(what: string, happen: () => Promise<unknown>): Promise<readonly Write[]> {
  const { writes, eventWrites } = operator.client
  const [before, eventsBefore] = [writes.length, eventWrites.length]
  await happen()
  await atRest(lab, operator)
  const made = writes.slice(before)
  console.log(
    `${what}: ${made.length} writes (${tally(made)}) and ${eventWrites.length - eventsBefore} events`,
  )
  return made
}

test('a life from creation to deletion costs at most 6 writes, with every step of the boot seen', async () => {
  const pod = lab.pod('web1')
  const writes = await writesOf('a life', async () => {
    world.kubelet.holdAt(pod, 'bound')
    await lab.create('web1')
    await lab.reason('web1', 'Active', 'Starting')
    world.kubelet.holdAt(pod, 'running')
    await lab.until('the container to run', () => hasContainer(pod, (one) => one.started === false))
    world.kubelet.holdAt(pod, 'started')
    await lab.reason('web1', 'GuestReady', 'Booting')
    world.kubelet.holdAt(pod, 'ready')
    await lab.phase('web1', 'Ready')
    await lab.delete('web1')
    await lab.until('the pod to be gone', () => world.kubelet.store.getByKey(pod) === undefined)
  })
  assert.ok(writes.length <= 6, tally(writes))
})

test('power and rebuilds cost a few each', async () => {
  await lab.create('web2')
  await lab.phase('web2', 'Ready')
  // What is left to write of the start is not of the pause.
  await atRest(lab, operator)
  const set = (spec: Record<string, unknown>, phase: string) => async () => {
    await lab.change('web2', { spec })
    await lab.phase('web2', phase)
  }
  const rows = [
    { what: 'a pause', most: 2, happen: set({ powerState: 'Paused' }, 'Paused') },
    // One of them takes `Paused` back before the guest goes on.
    { what: 'a resumption', most: 3, happen: set({ powerState: 'Running' }, 'Ready') },
    { what: 'a reset', most: 2, happen: set({ resetGeneration: 1 }, 'Ready') },
    { what: 'a reboot', most: 2, happen: set({ rebootGeneration: 1 }, 'Ready') },
    { what: 'a stop', most: 3, happen: set({ powerState: 'Stopped' }, 'Stopped') },
    { what: 'a start', most: 7, happen: set({ powerState: 'Running' }, 'Ready') },
    { what: 'a rebuild', most: 9, happen: set({ rebuildGeneration: 1 }, 'Ready') },
  ]
  for (const { what, most, happen } of rows) {
    const writes = await writesOf(what, happen)
    assert.ok(writes.length <= most, `${what}: ${tally(writes)}`)
  }
})

test('a steady state costs nothing, however often it is looked at', async () => {
  const names = Array.from({ length: 20 }, (_, number) => `steady${number}`)
  const { writes, reads, eventWrites } = operator.client
  const metered = { expiry: { idleSeconds: 600 } }
  await Promise.all(names.map((name, number) => lab.create(name, number % 2 === 0 ? metered : {})))
  for (const name of names) await lab.phase(name, 'Ready')
  await atRest(lab, operator)
  await operator.flushEvents()
  const before = [writes.length, reads.length, eventWrites.length]
  for (let round = 0; round < 5; round++) {
    for (const instance of operator.caches.instances.store.list())
      operator.controller.enqueue(keyOf(instance))
    await lab.until('the operator to be idle', () => operator.isIdle)
  }
  assert.equal([writes.length, reads.length, eventWrites.length], before)
})

function hasContainer(pod: string, is: (one: { started?: boolean }) => boolean): boolean {
  const [container] = world.kubelet.store.getByKey(pod)?.status?.containerStatuses ?? []
  return container !== undefined && is(container)
}

test.run()

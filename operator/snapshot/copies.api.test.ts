import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { storageOf } from '../copy/testing/copies.ts'
import type { Lab } from '../instance/testing/lab.ts'
import { World } from '../instance/testing/world.ts'
import { createSnapshot, findSnapshot, settled } from './testing/paths.ts'

/** A Snapshot on the first node, and a VM that boots it on another. */
let world: World
let lab: Lab
test.before(async () => {
  world = await World.start()
  lab = await world.lab('copies')
})
test.after(() => world?.stop())

const copies = async () => (await findSnapshot(lab))?.status?.copies ?? []

test('a Snapshot tells of a copy that is made of it, once the copy is whole', async () => {
  const storage = storageOf(lab)
  await lab.operator()
  await lab.create('web1')
  await lab.phase('web1', 'Ready')
  await createSnapshot(lab)
  await lab.until('the Snapshot', () => settled('Ready')(lab))
  assert.equal(await copies(), [])
  storage.fill(lab.name, 'node-a')
  await lab.create('web2', { boot: { snapshot: 'golden' } })
  await lab.phase('web2', 'Ready')
  await lab.until('a copy that is ready, and its node', async () => {
    const [first, ...more] = await copies()
    return more.length === 0 && first?.phase === 'Ready' && first.node === 'node-b'
  })
})

test('and tells of it no more when it is gone, though nothing else has happened to the Snapshot', async () => {
  await lab.delete('web2')
  await lab.until('no copy to be told of', async () => (await copies()).length === 0)
})

test.run()

import { change, remove } from '../../image/testing/images.ts'
import type { Lab } from '../../instance/testing/lab.ts'
import { type ChangeOfMind, name, type Path } from '../../instance/testing/paths.ts'
import { recordOf } from '../record.ts'
import { boot, copiesIn, copyWorkersIn, print, storageOf, withImage } from './copies.ts'

/** An image on the first node, which has no room for VMs. */
const elsewhere = async (lab: Lab) => {
  storageOf(lab).fill(lab.name, 'node-a')
  await withImage(lab)
}
const isReady = async (lab: Lab) => {
  const { status } = (await lab.get(name)) ?? {}
  const copies = await copiesIn(lab)
  return (
    status?.phase === 'Ready' &&
    copies.every((claim) => recordOf(claim)?.readyAt !== undefined) &&
    (await copyWorkersIn(lab)).length === 0
  )
}
const isOnACopy = async (lab: Lab) => (await isReady(lab)) && (await copiesIn(lab)).length === 1
const isGone = async (lab: Lab) =>
  (await lab.get(name)) === undefined &&
  (await copiesIn(lab)).length + (await copyWorkersIn(lab)).length === 0

const runningOnACopy = async (lab: Lab) => {
  await elsewhere(lab)
  await lab.create(name, { boot })
  await lab.until('the VM to run on a copy', () => isOnACopy(lab))
}

const ways: readonly Path[] = [
  {
    name: 'boot where the image is not',
    before: elsewhere,
    act: (lab) => lab.create(name, { boot }),
    settled: isOnACopy,
  },
  {
    name: 'delete the only VM of a copy',
    before: runningOnACopy,
    act: (lab) => lab.delete(name),
    settled: isGone,
  },
  {
    name: 'delete the image with its VM',
    before: runningOnACopy,
    act: async (lab) => {
      await lab.delete(name)
      await remove(lab)
    },
    settled: isGone,
  },
  {
    name: 'find the first node free after all',
    before: async (lab) => {
      await elsewhere(lab)
      storageOf(lab).fill(lab.name, 'node-a', 'node-b', 'node-c')
      await lab.create(name, { boot })
      await lab.until('a copy to wait for a node', async () => (await copiesIn(lab)).length === 1)
    },
    act: async (lab) => storageOf(lab).fill(lab.name, 'node-b', 'node-c'),
    settled: async (lab) => (await isReady(lab)) && (await copiesIn(lab)).length === 0,
  },
]

/** Every path of copies. */
export const paths: readonly Path[] = ways.map((path) => ({ ...path, print }))

/** Paths that are left half-way for another one. */
export const changesOfMind: readonly ChangeOfMind[] = [
  {
    name: 'boot where the image is not, then delete',
    before: elsewhere,
    act: (lab) => lab.create(name, { boot }),
    settled: isOnACopy,
    change: (lab) => lab.delete(name),
    settledAfter: isGone,
  },
  {
    name: 'boot where the image is not, then change the image',
    before: elsewhere,
    act: (lab) => lab.create(name, { boot }),
    settled: isOnACopy,
    change: (lab) => change(lab, { source: { http: { url: 'https://images.example.org/debian-14.qcow2' } } }),
    settledAfter: isReady,
  },
]

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { byLabel, byNamespace, byOwner, ObjectStore } from './store.ts'
import { type Thing, thing } from './testing/objects.ts'

const indexes = { owner: byOwner, course: byLabel('course'), namespace: byNamespace }
const owned = (uid: string) => [{ apiVersion: 'v1', kind: 'Thing', name: 'o', uid }]
const names = (things: readonly Thing[]) => things.map((one) => one.metadata.name).sort()

test('objects are found by name, key and index, and lost from old index keys', () => {
  const store = new ObjectStore<Thing>({ indexes })
  store.set(thing('a', { labels: { course: 'os' }, ownerReferences: owned('u1') }))
  store.set(thing('b', { labels: { course: 'os' } }))
  assert.is(store.get('lab', 'a')?.metadata.name, 'a')
  assert.is(store.getByKey('lab/b')?.metadata.name, 'b')
  assert.equal(names(store.byIndex('course', 'os')), ['a', 'b'])
  assert.equal(names(store.byIndex('owner', 'u1')), ['a'])
  store.set(thing('a', { labels: { course: 'net' } }))
  assert.equal(names(store.byIndex('course', 'os')), ['b'])
  assert.equal(store.byIndex('owner', 'u1'), [])
  store.delete('lab/a')
  assert.equal(store.byIndex('course', 'net'), [])
  assert.equal(names(store.byIndex('namespace', 'lab')), ['b'])
  assert.throws(() => store.byIndex('colour', 'red'), /no index "colour"/)
})

test('what is in the store can not be changed', () => {
  const store = new ObjectStore<Thing>()
  store.set(thing('a', {}, { spec: { deep: [{ n: 1 }] } }))
  const spec = store.get('lab', 'a')?.spec as { deep: { n: number }[] }
  assert.throws(() => spec.deep.push({ n: 2 }))
  assert.throws(() => Object.assign(spec.deep[0] ?? {}, { n: 2 }))
})

test('handlers get the old and the new object; a late one is told of what is in already', () => {
  const store = new ObjectStore<Thing>()
  const told: string[] = []
  const watch = (who: string) =>
    store.onChange((old, next, source) =>
      told.push(`${who} ${old?.metadata.resourceVersion}>${next?.metadata.resourceVersion} ${source}`),
    )
  watch('first')
  store.set(thing('a', { resourceVersion: '1' }))
  const off = watch('late')
  store.set(thing('a', { resourceVersion: '2' }))
  off()
  store.delete('lab/a')
  assert.equal(told, [
    'first undefined>1 watch',
    'late undefined>1 list',
    'first 1>2 watch',
    'late 1>2 watch',
    'first 2>undefined watch',
  ])
})

test('a handler that throws costs the others nothing', () => {
  const errors: unknown[] = []
  const store = new ObjectStore<Thing>({ onHandlerError: (error) => errors.push(error) })
  let calls = 0
  store.onChange(() => {
    throw new Error('boom')
  })
  store.onChange(() => calls++)
  store.set(thing('a'))
  assert.is(calls, 1)
  assert.is(errors.length, 1)
})

test('replacing all tells of the differences only, and counts them', () => {
  const store = new ObjectStore<Thing>()
  store.set(thing('same', { uid: 's', resourceVersion: '1' }))
  store.set(thing('gone', { uid: 'g', resourceVersion: '2' }))
  store.set(thing('changed', { uid: 'c', resourceVersion: '3' }))
  assert.is(store.hasSynced, false)
  const told: string[] = []
  store.onChange((old, next) => told.push(`${old?.metadata.uid}>${next?.metadata.uid}`))
  told.length = 0
  const changes = store.replaceAll([
    thing('same', { uid: 's', resourceVersion: '1' }),
    thing('changed', { uid: 'c', resourceVersion: '4' }),
    thing('new', { uid: 'n', resourceVersion: '5' }),
  ])
  assert.is(changes, 3)
  assert.equal(told.sort(), ['c>c', 'g>undefined', 'undefined>n'])
  assert.is(store.hasSynced, true)
})

test('an object made again under its name is told as gone and then as new', () => {
  const store = new ObjectStore<Thing>({ indexes })
  store.set(thing('a', { uid: 'u1', resourceVersion: '1', labels: { course: 'os' } }))
  const told: string[] = []
  store.onChange((old, next) => told.push(`${old?.metadata.uid}>${next?.metadata.uid}`))
  told.length = 0
  store.set(thing('a', { uid: 'u2', resourceVersion: '2' }))
  assert.equal(told, ['u1>undefined', 'undefined>u2'])
  assert.equal(store.byIndex('course', 'os'), [])
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { additionOf, removalOf } from './finalizer.ts'
import { thing } from './testing/objects.ts'

const mine = 'ephemera.dev/cleanup'
const uid = { op: 'test', path: '/metadata/uid', value: 'u1' }

test('the first finalizer is added only where there is still none', () => {
  assert.equal(additionOf(thing('a', { uid: 'u1' }), mine), [
    uid,
    { op: 'test', path: '/metadata/finalizers', value: null },
    { op: 'add', path: '/metadata/finalizers', value: [mine] },
  ])
})

test('another one is added beside those that were seen', () => {
  assert.equal(additionOf(thing('a', { uid: 'u1', finalizers: ['x/y'] }), mine), [
    uid,
    { op: 'test', path: '/metadata/finalizers', value: ['x/y'] },
    { op: 'add', path: '/metadata/finalizers/-', value: mine },
  ])
})

test("nobody else's finalizer can be removed: the place is tested first", () => {
  assert.equal(removalOf(thing('a', { uid: 'u1', finalizers: ['x/y', mine] }), mine), [
    uid,
    { op: 'test', path: '/metadata/finalizers/1', value: mine },
    { op: 'remove', path: '/metadata/finalizers/1' },
  ])
})

test.run()

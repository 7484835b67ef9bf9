import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { controllerOf, isControlledBy, ownerReference } from './owner.ts'
import { thing } from './testing/objects.ts'

const owner = thing('web1', { uid: 'u1' })

test('an owner is the controller of what it owns', () => {
  const child = thing('web1-vm', { ownerReferences: [ownerReference(owner, { namespace: 'lab' })] })
  assert.is(controllerOf(child)?.name, 'web1')
  assert.is(isControlledBy(child, owner), true)
})

test('an owner of the same name that was made again is another one', () => {
  const child = thing('web1-vm', { ownerReferences: [ownerReference(owner, { namespace: 'lab' })] })
  assert.is(isControlledBy(child, thing('web1', { uid: 'u2' })), false)
})

test('an object without owners belongs to nobody', () => {
  assert.is(isControlledBy(thing('web1-vm'), thing('web1')), false)
})

test('owning across namespaces is refused', () => {
  assert.throws(() => ownerReference(owner, { namespace: 'other' }), /can not own an object in other/)
  assert.throws(() => ownerReference(owner, {}), /the cluster scope/)
})

test('an owner without a uid is refused', () => {
  assert.throws(() => ownerReference(thing('web1'), { namespace: 'lab' }), /no uid yet/)
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Pod } from '../kube/object.ts'
import { ObjectStore } from '../kube/store.ts'
import { MadePods } from './made-pods.ts'
import { instance, now, podOf } from './testing/build.ts'

const web1 = instance()
const fresh = () => {
  const store = new ObjectStore<Pod>()
  return { store, made: new MadePods(store) }
}

test('a pod that was made is known before the cache shows it', () => {
  const { made } = fresh()
  made.note(web1, podOf(web1, {}, 2), now)
  assert.equal(made.of(web1)?.restarts, 2)
  assert.is(made.of(web1)?.isSeen, false)
})

test('it is seen as soon as the cache shows it, and stays so when it is gone', () => {
  const { store, made } = fresh()
  made.note(web1, podOf(web1), now)
  store.set(podOf(web1))
  store.delete('lab/web1-vm')
  assert.is(made.of(web1)?.isSeen, true)
})

test('it is seen also when the cache was faster than the answer to its creation', () => {
  const { store, made } = fresh()
  store.set(podOf(web1))
  made.note(web1, podOf(web1), now)
  assert.is(made.of(web1)?.isSeen, true)
})

test('another pod of the name is not taken for it', () => {
  const { store, made } = fresh()
  made.note(web1, podOf(web1), now)
  const old = podOf(web1)
  store.set({ ...old, metadata: { ...old.metadata, uid: 'uid-old' } })
  assert.is(made.of(web1)?.isSeen, false)
})

test('an instance that was deleted and made again has none', () => {
  const { made } = fresh()
  made.note(web1, podOf(web1), now)
  assert.is(made.of({ metadata: { ...web1.metadata, uid: 'uid-again' } }), undefined)
  made.forget(web1.metadata)
  assert.is(made.of(web1), undefined)
})

test.run()

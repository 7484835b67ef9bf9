import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { recordOf } from './record.ts'
import { content } from './testing/build.ts'
import { Cast } from './testing/cast.ts'

/** VMs of a namespace that boot an image of another one. */
const far = 'team'
const boot = { image: content.name, imageNamespace: content.namespace }
const reasonOf = (cast: Cast, name = 'web1') =>
  cast.vm(name, far).status?.conditions?.find(({ type }) => type === 'Stalled')?.reason
const isReady = (cast: Cast, name = 'web1') => cast.vm(name, far).status?.phase === 'Ready'
const isDone = (cast: Cast) => isReady(cast) && cast.workers.length === 0
const seconds = async (cast: Cast, count: number) => {
  for (let second = 0; second < count; second++) await cast.second()
}

function world(...allowed: string[]): Cast {
  const cast = new Cast()
  for (const namespace of allowed) cast.allowed.add(namespace)
  cast.publish(content.claim, 'node-a')
  cast.boot('web1', { boot }, far)
  return cast
}

test('it runs on a copy in its own namespace, of the class of the image, and nothing owns that across namespaces', async () => {
  const cast = world(far)
  await cast.until('the VM', () => isDone(cast))
  assert.is(cast.copies.length, 1)
  const [copy] = cast.copies
  assert.is(copy?.metadata.namespace, far)
  assert.is(copy?.metadata.ownerReferences, undefined)
  assert.is(copy?.spec?.storageClassName, 'local')
  const { boot: booted, restarts } = cast.vm('web1', far).status ?? {}
  assert.equal(booted, {
    kind: 'BaseImage',
    name: content.name,
    namespace: content.namespace,
    claim: copy?.metadata.name,
    sha256: content.sha256,
  })
  assert.is(restarts, 0)
})

test('two VMs share the copy', async () => {
  const cast = world(far)
  cast.boot('web2', { boot }, far)
  await cast.until('both', () => isReady(cast) && isReady(cast, 'web2'))
  assert.is(cast.copies.length, 1)
})

test('without the right nothing is made, whether there is such an image or not', async () => {
  const cast = world('other')
  cast.boot('web2', { boot: { ...boot, image: 'none' } }, far)
  await seconds(cast, 30)
  assert.is(reasonOf(cast), 'ImageNotAllowed')
  assert.is(reasonOf(cast, 'web2'), 'ImageNotAllowed')
  assert.is(cast.cluster.pods.size + cast.copies.length, 0)
})

test('a right that comes starts it', async () => {
  const cast = world('other')
  await seconds(cast, 30)
  cast.allowed.add(far)
  await cast.until('the VM', () => isDone(cast))
})

test('a right that is taken away leaves what runs, ends the making of copies, and lets no VM start', async () => {
  const cast = world(far, 'other')
  await cast.until('the VM', () => isDone(cast))
  cast.allowed.delete(far)
  cast.boot('web2', { boot }, far)
  await seconds(cast, 60)
  assert.ok(isReady(cast))
  assert.is(reasonOf(cast, 'web2'), 'ImageNotAllowed')
  cast.delete('web1', far)
  await seconds(cast, 5)
  assert.equal(cast.copies, [])

  const half = world(far, 'other')
  await half.until('the copy to be made', () => half.workers.length > 0)
  half.allowed.delete(far)
  await half.until('nothing to be left', () => half.copies.length + half.cluster.pods.size === 0)
  await seconds(half, 2)
  assert.is(reasonOf(half), 'ImageNotAllowed')
})

test('an image that is deleted leaves what runs, and nothing else', async () => {
  const cast = world(far)
  await cast.until('the VM', () => isDone(cast))
  const image = cast.cluster.images.get(content.namespace, content.name)
  if (image !== undefined) cast.cluster.remove(cast.cluster.images, image)
  await seconds(cast, 60)
  assert.ok(isReady(cast))
  assert.is(cast.copies.length, 1)
  cast.delete('web1', far)
  await seconds(cast, 5)
  assert.equal(cast.copies, [])

  const half = world(far)
  await half.until('the copy to be made', () => half.workers.length > 0)
  const going = half.cluster.images.get(content.namespace, content.name)
  if (going !== undefined) half.cluster.remove(half.cluster.images, going)
  await half.until('nothing to be left', () => half.copies.length + half.cluster.pods.size === 0)
  await seconds(half, 2)
  assert.is(reasonOf(half), 'ImageNotFound')
})

test('a namespace whose copies cannot be made does not hold up another', async () => {
  const cast = world(far, 'other')
  cast.refuse = ({ metadata }) => metadata.namespace === far && metadata.name.endsWith('-to')
  cast.boot('web1', { boot }, 'other')
  await cast.until('the other VM', () => cast.vm('web1', 'other').status?.phase === 'Ready')
  const stuck = cast.copies.find(({ metadata }) => metadata.namespace === far)
  assert.is(stuck === undefined ? undefined : recordOf(stuck)?.lastFailure?.reason, 'QuotaExceeded')
  cast.refuse = () => false
  await cast.until('this one', () => isDone(cast))
})

test('a claim that says it is a copy of an image gets it only where the namespace may have it', async () => {
  const cast = world('other')
  cast.cluster.put(cast.cluster.claims, cast.forgery(far))
  await seconds(cast, 120)
  assert.equal(cast.workers, [])
  assert.equal(cast.copies, [])
})

test('an operator that is killed after any of its writes changes nothing in the end', async () => {
  const whole = world(far)
  await whole.until('the VM', () => isDone(whole))
  whole.delete('web1', far)
  await whole.until('the copy to go', () => whole.copies.length === 0)
  for (let k = 1; k <= whole.writes; k++) {
    const cast = world(far)
    cast.crashAt = k
    await cast.until(`the VM, killed at ${k}`, () => isDone(cast))
    assert.is(cast.copies.length, 1, `killed at ${k}`)
    cast.delete('web1', far)
    await cast.until(`the copy to go, killed at ${k}`, () => cast.copies.length === 0)
    assert.is(cast.cluster.pods.size + cast.cluster.secrets.size, 0, `killed at ${k}`)
  }
  console.log(`${whole.writes} writes`)
})

test.run()

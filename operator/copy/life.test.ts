import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { recordOf } from './record.ts'
import { content } from './testing/build.ts'
import { Cast } from './testing/cast.ts'

const { namespace } = content
const nodeOf = (cast: Cast, name = 'web1') => cast.vm(name).status?.nodeName
const isReady = (cast: Cast, name = 'web1') => cast.vm(name).status?.phase === 'Ready'
const isDone = (cast: Cast) =>
  isReady(cast) &&
  cast.workers.length === 0 &&
  cast.copies.every((claim) => recordOf(claim)?.readyAt !== undefined)

/** A VM of an image whose node has no room for VMs. */
function elsewhere(): Cast {
  const cast = new Cast()
  cast.storage.fill(namespace, 'node-a')
  cast.boot('web1')
  return cast
}

test('a VM runs where its image is while there is room, and nothing is copied', async () => {
  const cast = new Cast()
  cast.boot('web1')
  await cast.until('the VM', () => isReady(cast))
  assert.is(nodeOf(cast), 'node-a')
  assert.equal(cast.copies, [])
})

test('where there is none, it runs on a copy, and nothing else is left of its making', async () => {
  const cast = elsewhere()
  await cast.until('the VM', () => isDone(cast))
  assert.is(nodeOf(cast), 'node-b')
  assert.is(cast.copies.length, 1)
  assert.is(cast.vm('web1').status?.boot?.claim, cast.copies[0]?.metadata.name)
  assert.is(cast.vm('web1').status?.boot?.moves, 1)
  assert.is(cast.vm('web1').status?.restarts, 0)
  assert.is(cast.cluster.secrets.list().filter(({ metadata }) => metadata.name !== 'web1-vm').length, 0)
})

test('each node has one copy at most, and VMs share it', async () => {
  const cast = elsewhere()
  for (const name of ['web2', 'web3', 'web4']) cast.boot(name)
  await cast.until('all VMs', () => ['web1', 'web2', 'web3', 'web4'].every((name) => isReady(cast, name)))
  assert.is(cast.copies.length, 1)
  cast.storage.fill(namespace, 'node-a', 'node-b')
  cast.boot('web5')
  await cast.until('a VM on the third node', () => isReady(cast, 'web5'))
  assert.is(nodeOf(cast, 'web5'), 'node-c')
  assert.is(cast.copies.length, 2)
})

test('a VM that finds room nowhere runs as soon as there is some, wherever that is', async () => {
  for (const free of ['node-a', 'node-b', 'node-c']) {
    const cast = elsewhere()
    cast.storage.fill(namespace, 'node-a', 'node-b', 'node-c')
    for (let second = 0; second < 100; second++) await cast.second()
    assert.is(isReady(cast), false)
    cast.storage.fill(namespace, ...['node-a', 'node-b', 'node-c'].filter((node) => node !== free))
    await cast.until('the VM', () => isDone(cast))
    assert.is(nodeOf(cast), free)
  }
})

test('a failed try is repeated', async () => {
  const cast = elsewhere()
  cast.failures = 3
  await cast.until('the VM', () => isDone(cast))
  const [copy] = cast.copies
  assert.is(copy === undefined ? undefined : recordOf(copy)?.failures, 3)
})

test('a copy that no VM has goes after a while, and with the image at once', async () => {
  const cast = elsewhere()
  await cast.until('the VM', () => isDone(cast))
  cast.delete('web1')
  for (let second = 0; second < 25; second++) await cast.second()
  assert.is(cast.copies.length, 1, 'it is kept for 30 s')
  await cast.until('the copy to go', () => cast.copies.length === 0)

  const other = elsewhere()
  await other.until('the VM', () => isDone(other))
  other.delete('web1')
  const image = other.cluster.images.get(namespace, content.name)
  if (image !== undefined) other.cluster.remove(other.cluster.images, image)
  for (let second = 0; second < 5; second++) await other.second()
  assert.equal(other.copies, [])
})

test('an image that gets another content while it is copied is copied anew, and the VM runs that', async () => {
  const cast = elsewhere()
  await cast.until('the copy to be made', () => cast.workers.length > 0)
  cast.publish('debian-89abcdef', 'node-a')
  await cast.until('the VM', () => isDone(cast))
  assert.match(cast.vm('web1').status?.boot?.claim ?? '', /^debian-89abcdef-c/)
  await cast.until('the former copy to go', () => cast.copies.length === 1)
})

test('a VM that is deleted while its copy is made leaves nothing', async () => {
  const cast = elsewhere()
  await cast.until('the copy to be made', () => cast.workers.length > 0)
  cast.delete('web1')
  await cast.until('nothing to be left', () => cast.copies.length === 0 && cast.cluster.pods.size === 0)
  assert.is(cast.cluster.secrets.size, 0)
})

test('a worker that somebody deletes is made again', async () => {
  const cast = elsewhere()
  await cast.until('the offer', () => cast.workers.length > 0)
  for (const pod of cast.workers) cast.cluster.remove(cast.cluster.pods, pod)
  await cast.until('the VM', () => isDone(cast))
})

test("a pod of somebody else's that has the name of a worker is told on the VM, and is not touched", async () => {
  const cast = elsewhere()
  await cast.until('the offer', () => cast.workers.length > 0)
  const [offer] = cast.workers
  if (offer === undefined) throw new Error('nobody offers the image')
  const { name } = offer.metadata
  cast.cluster.remove(cast.cluster.pods, offer)
  cast.cluster.put(cast.cluster.pods, { ...offer, metadata: { name, namespace, uid: 'uid-theirs' } })
  const told = () => JSON.stringify(cast.vm('web1').status?.conditions ?? [])
  const words = `Pod ${name} exists and does not belong to this copy: delete it`
  await cast.until('it to be told', () => told().includes(words))
  const theirs = cast.cluster.pods.get(namespace, name)
  assert.is(theirs?.metadata.uid, 'uid-theirs')
  if (theirs !== undefined) cast.cluster.remove(cast.cluster.pods, theirs)
  await cast.until('the VM', () => isDone(cast))
})

test('an operator that is killed after any of its writes changes nothing in the end', async () => {
  const whole = elsewhere()
  await whole.until('the VM', () => isDone(whole))
  whole.delete('web1')
  await whole.until('the copy to go', () => whole.copies.length === 0)
  const { writes } = whole
  for (let k = 1; k <= writes; k++) {
    const cast = elsewhere()
    cast.crashAt = k
    await cast.until(`the VM, killed at ${k}`, () => isDone(cast))
    assert.is(nodeOf(cast), 'node-b', `killed at ${k}`)
    assert.is(cast.copies.length, 1, `killed at ${k}`)
    cast.delete('web1')
    await cast.until(`the copy to go, killed at ${k}`, () => cast.copies.length === 0)
    assert.is(cast.cluster.pods.size + cast.cluster.secrets.size, 0, `killed at ${k}`)
  }
  console.log(`${writes} writes`)
})

test.run()

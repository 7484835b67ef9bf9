import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { copiesIn, storageOf, withImage } from '../copy/testing/copies.ts'
import { content, create, reaches } from '../image/testing/images.ts'
import type { Lab } from '../instance/testing/lab.ts'
import { World } from '../instance/testing/world.ts'
import { keyOf, type Pod, splitKey } from '../kube/object.ts'
import { nodes, pods } from '../kube/resource.ts'
import { contentName } from '../snapshot/children.ts'
import { createSnapshot, findSnapshot, qemuOf, settled } from '../snapshot/testing/paths.ts'
import { isServing, isWorker } from './testing/workers.ts'

/** Nodes that are played: an object each, which the test taints as Kubernetes does. */
let world: World
test.before(async () => {
  world = await World.start()
  for (const name of ['one', 'two', 'node-a']) await world.client.create(nodes, { metadata: { name } })
})
test.after(() => world?.stop())

const isLost = new Set<string>()

/** The node is heard of no more, and Kubernetes' patience with this pod of it is over. */
async function lose(node: string, pod: string): Promise<void> {
  isLost.add(node)
  world.kubelet.keep(pod, true)
  const taints = [{ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' }]
  await world.client.mergePatch(nodes, { name: node }, { spec: { taints } })
  await world.client.delete(pods, splitKey(pod))
}

/** Waits until this very pod is gone, or has another in its place. */
const replaced = (lab: Lab, pod: Pod) =>
  lab.until('the pod on the lost node to be given up', async () => {
    const live = await lab.client.find(pods, splitKey(keyOf(pod)))
    return live?.metadata.uid !== pod.metadata.uid
  })

const podOn = (lab: Lab, node: string, key: string): Promise<Pod> =>
  lab.until(`${key} to run on ${node}`, () => {
    const pod = world.kubelet.store.getByKey(key)
    return pod?.spec.nodeName === node && pod.status?.phase === 'Running' && pod
  })

const placeAll = () => {
  world.kubelet.place = async (pod) => ({ node: isWorker(pod) && !isLost.has('one') ? 'one' : 'two' })
}

async function heal(node: string, pod: string): Promise<void> {
  isLost.delete(node)
  world.kubelet.keep(pod, false)
  await world.client.mergePatch(nodes, { name: node }, { spec: { taints: null } })
}

test('an image whose worker was on a node that is lost is made by another one elsewhere', async () => {
  placeAll()
  const lab = await world.freshLab('lost-image')
  await lab.operator()
  await create(lab)
  const key = await content(lab)
  world.kubelet.holdAt(key, 'running')
  const pod = await podOn(lab, 'one', key)
  await lose('one', key)
  await replaced(lab, pod)
  await podOn(lab, 'two', key)
  world.kubelet.holdAt(key, 'ready')
  const image = await reaches(lab, 'Ready')
  assert.is(image.status?.claim, splitKey(key).name)
  assert.is(world.kubelet.made(key), 2)
  await heal('one', key)
})

test('a snapshot whose worker was on a node that is lost is copied by another one, of the same moment', async () => {
  placeAll()
  const lab = await world.freshLab('lost-snapshot')
  await lab.operator()
  await lab.create('web1')
  await lab.phase('web1', 'Ready')
  const key = `${lab.name}/${contentName(await createSnapshot(lab))}`
  world.kubelet.holdAt(key, 'running')
  const pod = await podOn(lab, 'one', key)
  await lab.until('the moment', async () => (await findSnapshot(lab))?.status?.takenAt !== undefined)
  await lose('one', key)
  await replaced(lab, pod)
  await podOn(lab, 'two', key)
  world.kubelet.holdAt(key, 'ready')
  await lab.until('the snapshot to be Ready', () => settled('Ready')(lab))
  assert.is(qemuOf(lab)?.moments.length, 1)
  await lab.until('QEMU to be clean', () => qemuOf(lab)?.isClean)
  await heal('one', key)
})

test('a copy whose source was on a node that is lost is made from the next claim that has the image', async () => {
  const lab = await world.freshLab('lost-copy')
  const storage = storageOf(lab)
  const { place } = world.kubelet
  world.kubelet.place = async (pod) => {
    const found = await place(pod)
    return 'node' in found && isLost.has(found.node)
      ? { refusal: '1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }.' }
      : found
  }
  await lab.operator()
  await withImage(lab)
  storage.fill(lab.name, 'node-a')
  await lab.create('web1', { boot: { image: 'debian' } })
  await lab.phase('web1', 'Ready')
  storage.fill(lab.name, 'node-a', 'node-b')
  world.kubelet.holdAt(`${await content(lab)}-c2-to`, 'running')
  await lab.create('web2', { boot: { image: 'debian' } })
  const source = await lab.until('the image to be offered where it was made', () =>
    world.kubelet.store
      .list()
      .find(
        (pod) =>
          pod.metadata.namespace === lab.name &&
          isServing(pod) &&
          pod.spec.nodeName === 'node-a' &&
          pod.metadata.deletionTimestamp === undefined,
      ),
  )
  await podOn(lab, 'node-c', `${await content(lab)}-c2-to`)
  await lose('node-a', keyOf(source))
  await replaced(lab, source)
  world.kubelet.holdAt(`${await content(lab)}-c2-to`, 'ready')
  const { status } = await lab.phase('web2', 'Ready')
  assert.is(status?.nodeName, 'node-c')
  assert.is((await copiesIn(lab)).length, 2)
  await heal('node-a', keyOf(source))
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { snapshots } from '../api/types.ts'
import { findCondition } from '../kube/conditions.ts'
import { isNotFound, isTooManyRequests } from '../kube/errors.ts'
import { coreEvents, nodes, podDisruptionBudgets, pods, resourcePath } from '../kube/resource.ts'
import type { Lab } from './testing/lab.ts'
import { World } from './testing/world.ts'

/** Nodes that are played: an object each, whose taints and cordons the test sets as Kubernetes and people do. */
let world: World
let lab: Lab
let lost = ''
test.before(async () => {
  world = await World.start()
  lab = await world.lab('lost')
  for (const name of ['one', 'two']) await lab.client.create(nodes, { metadata: { name } })
  world.kubelet.place = async () => ({ node: lost === 'one' ? 'two' : 'one' })
  await lab.operator()
})
test.after(() => world?.stop())

const taint = (key: string) => ({ key, effect: 'NoExecute' })
const setNode = (name: string, spec: Record<string, unknown>) =>
  lab.client.mergePatch(nodes, { name }, { spec })

async function evict(name: string): Promise<void> {
  const target = { namespace: lab.name, name: `${name}-vm` }
  const path = resourcePath(pods, { ...target, subresource: 'eviction' })
  const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: target }
  await lab.client.request({ method: 'POST', path, body })
}

const told = (reason: string) =>
  lab.until(`an event ${reason}`, async () => {
    const { items } = await lab.client.list(coreEvents, { namespace: lab.name })
    return items.some((event) => event.reason === reason)
  })

const ready = (name: string, formerUID: string | undefined) =>
  lab.until(`another VM of ${name}`, async () => {
    const live = await lab.get(name)
    return live?.status?.phase === 'Ready' && live.status.podUID !== formerUID && live
  })

test('the VM of a node that is lost starts elsewhere, without anybody who could confirm that its pod is gone', async () => {
  await lab.create('web1')
  const before = await lab.phase('web1', 'Ready')
  assert.is(before.status?.nodeName, 'one')
  lost = 'one'
  world.kubelet.keep(lab.pod('web1'), true)
  await setNode('one', { taints: [taint('node.kubernetes.io/unreachable')] })
  const unheard = await lab.reason('web1', 'Active', 'NodeUnreachable')
  assert.is(findCondition(unheard.status?.conditions, 'Ready')?.status, 'False')
  // As Kubernetes does when the pod's patience is over.
  await lab.client.delete(pods, { namespace: 'lost', name: 'web1-vm' })
  const after = await lab.phase('web1', 'Ready')
  assert.is(after.status?.nodeName, 'two')
  assert.is.not(after.status?.podUID, before.status?.podUID)
  assert.is(after.status?.restarts, 1)
  await told('NodeLost')
  world.kubelet.keep(lab.pod('web1'), false)
})

test('a node that is heard of again before that keeps its VM', async () => {
  const before = await lab.phase('web1', 'Ready')
  await setNode('two', { taints: [taint('node.kubernetes.io/unreachable')] })
  await lab.reason('web1', 'Active', 'NodeUnreachable')
  await setNode('two', { taints: null })
  const after = await lab.phase('web1', 'Ready')
  assert.is(after.status?.podUID, before.status?.podUID)
  assert.is(after.status?.restarts, before.status?.restarts)
})

test('a VM with eviction Block is not evicted, says so on a cordoned node, and goes when it may', async () => {
  await lab.create('web2', { eviction: 'Block' })
  const before = await lab.phase('web2', 'Ready')
  const budget = { namespace: 'lost', name: 'web2-vm' }
  await lab.until('the budget', () => lab.client.find(podDisruptionBudgets, budget))
  const refusal = await evict('web2').then(
    () => undefined,
    (error: unknown) => error,
  )
  assert.ok(isTooManyRequests(refusal), String(refusal))
  await setNode('two', { unschedulable: true })
  await lab.reason('web2', 'DrainBlocked', 'NodeCordoned')
  await lab.change('web2', { spec: { eviction: 'Recreate' } })
  await lab.until('the budget to be gone', async () => !(await lab.client.find(podDisruptionBudgets, budget)))
  await setNode('one', { taints: null })
  lost = ''
  // It takes its time to power down.
  world.kubelet.keep(lab.pod('web2'), true)
  await evict('web2')
  await lab.reason('web2', 'Active', 'Drained')
  world.kubelet.keep(lab.pod('web2'), false)
  const after = await ready('web2', before.status?.podUID)
  assert.is(after.status?.nodeName, 'one')
  assert.is(findCondition(after.status?.conditions, 'DrainBlocked'), undefined)
  await told('Drained')
})

/** Evicts the VM once its budget lets it go, which is the earliest that a drain can, and waits until that pod is gone. */
async function drained(name: string, podUID: string | undefined): Promise<void> {
  const target = { namespace: lab.name, name: `${name}-vm` }
  await lab.until('the budget to be gone', async () => !(await lab.client.find(podDisruptionBudgets, target)))
  await evict(name).catch((error: unknown) => {
    if (!isNotFound(error)) throw error
  })
  await lab.until(
    'the pod to be gone',
    async () => (await lab.client.find(pods, target))?.metadata.uid !== podUID,
  )
}
const shutDown = (name: string) => world.kubelet.shutDown(lab.pod(name))

test('the VM of a node that shuts down in order starts elsewhere, and says why; the node may come back', async () => {
  await setNode('two', { unschedulable: null })
  lost = ''
  await lab.create('web4')
  await lab.create('web5', { restartPolicy: 'Never' })
  const before = await lab.phase('web4', 'Ready')
  await lab.phase('web5', 'Ready')
  assert.is(before.status?.nodeName, 'one')
  lost = 'one'
  await setNode('one', { taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }] })
  await Promise.all(['web4', 'web5'].map(shutDown))
  const after = await ready('web4', before.status?.podUID)
  assert.equal([after.status?.nodeName, after.status?.restarts], ['two', 1])
  await told('NodeShutdown')
  const last = after.status?.actions?.at(-1)
  assert.equal([last?.action, last?.reason], ['Restart', 'NodeShutdown'])
  const failed = await lab.phase('web5', 'Failed')
  assert.match(findCondition(failed.status?.conditions, 'Stalled')?.message ?? '', /imminent node shutdown/)

  await setNode('one', { taints: null })
  lost = ''
  await lab.change('web5', { spec: { rebuildGeneration: 1 } })
  const again = await ready('web5', failed.status?.podUID)
  assert.is(again.status?.nodeName, 'one')
  assert.is((await lab.get('web4'))?.status?.podUID, after.status?.podUID)
  await Promise.all(['web4', 'web5'].map((name) => lab.delete(name)))
})

const kept = async () => (await lab.client.list(snapshots, { namespace: lab.name })).items

test('a VM that is to keep its disk is kept in a Snapshot first, leaves with it, and counts as no restart', async () => {
  await lab.create('web3', { eviction: 'SnapshotThenRecreate' })
  const before = await lab.phase('web3', 'Ready')
  assert.is(before.status?.nodeName, 'one')
  await setNode('two', { unschedulable: null })
  const budget = { namespace: 'lost', name: 'web3-vm' }
  await lab.until('the budget', () => lab.client.find(podDisruptionBudgets, budget))
  lost = 'one'
  await setNode('one', { unschedulable: true })
  await drained('web3', before.status?.podUID)
  const after = await ready('web3', before.status?.podUID)
  const { nodeName, boot, restarts, shelved } = after.status ?? {}
  assert.equal([nodeName, boot?.kind, boot?.name, restarts], ['two', 'Snapshot', shelved?.snapshot, 0])
  await told('Relocating')
  const [one, ...others] = await kept()
  assert.equal([one?.metadata.name, others], [shelved?.snapshot, []])
  assert.is(one?.metadata.ownerReferences?.[0]?.uid, after.metadata.uid)
  await lab.until('the budget again', () => lab.client.find(podDisruptionBudgets, budget))
})

test('the Snapshot of the drain before goes when the VM has left another node', async () => {
  const before = await lab.phase('web3', 'Ready')
  const [first] = await kept()
  await setNode('one', { unschedulable: null })
  lost = 'two'
  await setNode('two', { unschedulable: true })
  await drained('web3', before.status?.podUID)
  const after = await ready('web3', before.status?.podUID)
  assert.is(after.status?.nodeName, 'one')
  assert.is.not(after.status?.shelved?.snapshot, first?.metadata.name)
  await lab.until('the first Snapshot to go', async () =>
    (await kept()).every(({ metadata }) => metadata.name === after.status?.shelved?.snapshot),
  )
})

test('a VM that cannot be kept stays where it is, says why, and can still be let go', async () => {
  const pod = world.kubelet.store.getByKey(lab.pod('web3'))
  const qemu = world.kubelet.vms.qemu(pod?.status?.podIP ?? '')
  if (qemu === undefined) throw new Error('no QEMU is played')
  qemu.isBroken = true
  await setNode('two', { unschedulable: null })
  lost = 'one'
  await setNode('one', { unschedulable: true })
  await lab.reason('web3', 'DrainBlocked', 'NotKept')
  const { status } = await lab.reason('web3', 'Stalled', 'NotKept')
  assert.is(status?.nodeName, 'one')
  await lab.until('the guest to go on', () => !lab.isPaused(world.kubelet.store.getByKey(lab.pod('web3'))))
  await lab.change('web3', { spec: { eviction: 'Recreate' } })
  await drained('web3', status?.podUID)
  const after = await ready('web3', status?.podUID)
  assert.is(after.status?.nodeName, 'two')
})

test.run()

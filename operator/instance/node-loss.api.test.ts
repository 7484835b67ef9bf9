import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { findCondition } from '../kube/conditions.ts'
import { isTooManyRequests } from '../kube/errors.ts'
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
  const after = await lab.until('a fresh VM', async () => {
    const live = await lab.get('web2')
    return live?.status?.phase === 'Ready' && live.status.podUID !== before.status?.podUID && live
  })
  assert.is(after.status?.nodeName, 'one')
  assert.is(findCondition(after.status?.conditions, 'DrainBlocked'), undefined)
  await told('Drained')
})

test.run()

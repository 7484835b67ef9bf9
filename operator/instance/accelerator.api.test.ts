import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { findCondition } from '../kube/conditions.ts'
import { type Pod, splitKey } from '../kube/object.ts'
import { nodes, pods } from '../kube/resource.ts'
import type { Lab } from './testing/lab.ts'
import { World } from './testing/world.ts'

const kvmResource = 'ephemera.dev/kvm'
const asksForKvm = ({ spec }: Pod) => spec.containers[0]?.resources?.limits?.[kvmResource] === '1'

/** One node, whose devices the test offers as a device plugin would. */
let world: World
let lab: Lab
let isOffered = false
test.before(async () => {
  world = await World.start()
  lab = await world.lab('kvm')
  await lab.client.create(nodes, { metadata: { name: 'one' } })
  const refusal = `0/1 nodes are available: 1 Insufficient ${kvmResource}.`
  world.kubelet.place = async (pod) => (asksForKvm(pod) && !isOffered ? { refusal } : { node: 'one' })
  await lab.operator({ kvmResource })
})
test.after(() => world?.stop())

const podOf = (name: string): Promise<Pod> => lab.client.get(pods, splitKey(lab.pod(name)))
const offer = (devices: string) =>
  lab.client.mergePatch(
    nodes,
    { name: 'one' },
    { status: { allocatable: { [kvmResource]: devices }, capacity: { [kvmResource]: devices } } },
    { subresource: 'status' },
  )

test('while no node offers KVM, Auto does without, and says so; KVM waits, and says what can be done', async () => {
  await offer('0')
  await lab.create('auto')
  await lab.create('wants', { accelerator: 'KVM' })
  const { status } = await lab.phase('auto', 'Ready')
  assert.is(status?.accelerator, 'TCG')
  assert.match(status?.acceleratorReason ?? '', /No node offered ephemera\.dev\/kvm/)
  assert.is(asksForKvm(await podOf('auto')), false)
  const waiting = await lab.reason('wants', 'Scheduled', 'Unschedulable')
  const message = findCondition(waiting.status?.conditions, 'Ready')?.message ?? ''
  assert.match(message, /Insufficient ephemera\.dev\/kvm\..*set spec\.accelerator to TCG/)
})

test('once a node offers it, who waited starts, and the status says KVM', async () => {
  world.kubelet.vms.accelerators.set(lab.pod('wants'), { accelerator: 'KVM' })
  isOffered = true
  await offer('3')
  world.kubelet.holdAt(lab.pod('wants'), 'ready')
  await lab.until('KVM in the status', async () => (await lab.get('wants'))?.status?.accelerator === 'KVM')
  const { status } = await lab.phase('wants', 'Ready')
  assert.is(status?.acceleratorReason, undefined)
})

test('an Auto VM that is built now asks for it, and says why when it did not work after all', async () => {
  const why = 'a guest of 40 bytes did not get through its code within 3 s'
  world.kubelet.vms.accelerators.set(lab.pod('auto'), { accelerator: 'TCG', acceleratorReason: why })
  let rebuildGeneration = 0
  // The operator learns of nodes by a watch of its own.
  await lab.until('a pod that asks for KVM', async () => {
    rebuildGeneration += 1
    await lab.change('auto', { spec: { rebuildGeneration } })
    await lab.until('the rebuild', async () => {
      const { status } = await lab.phase('auto', 'Ready')
      return status?.rebuildGeneration === rebuildGeneration
    })
    return asksForKvm(await podOf('auto'))
  })
  await lab.until('the reason', async () => (await lab.get('auto'))?.status?.acceleratorReason === why)
  assert.is((await lab.get('auto'))?.status?.accelerator, 'TCG')
})

test('where the nodes that offer KVM are full, Auto does without after a while, and KVM waits; who runs is left alone', async () => {
  const { place } = world.kubelet
  const running = (await lab.get('auto'))?.status?.podUID
  // One node offers KVM and has no room, another one has room and offers none.
  const refusal = `0/2 nodes are available: 1 Insufficient cpu, 1 Insufficient memory, 2 Insufficient ${kvmResource}. preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.`
  world.kubelet.place = async (pod) => (asksForKvm(pod) ? { refusal } : { node: 'two' })
  await Promise.all([lab.create('content'), lab.create('insists', { accelerator: 'KVM' })])
  await lab.reason('content', 'Scheduled', 'Unschedulable')
  const { status } = await lab.phase('content', 'Ready')
  assert.equal([status?.accelerator, status?.nodeName, status?.restarts], ['TCG', 'two', 0])
  assert.match(status?.acceleratorReason ?? '', /nodes that offer ephemera\.dev\/kvm had no room/)
  assert.is(world.kubelet.made(lab.pod('content')), 2)
  // As old as the other one.
  await lab.reason('insists', 'Scheduled', 'Unschedulable')
  assert.is(world.kubelet.made(lab.pod('insists')), 1)
  assert.is((await lab.get('auto'))?.status?.podUID, running)

  // There is room again: what runs stays, and what is rebuilt may get KVM.
  world.kubelet.place = place
  await lab.change('content', { spec: { rebuildGeneration: 1 } })
  await lab.until('a pod that asks for KVM', async () => {
    const { status: live } = (await lab.get('content')) ?? {}
    return live?.rebuildGeneration === 1 && live.phase === 'Ready' && asksForKvm(await podOf('content'))
  })
})

test('a change to TCG is a rebuild that asks for nothing', async () => {
  await lab.change('wants', { spec: { accelerator: 'TCG', rebuildGeneration: 1 } })
  await lab.until(
    'TCG',
    async () => (await lab.get('wants'))?.status?.acceleratorReason === 'The spec asks for TCG.',
  )
  assert.is(asksForKvm(await podOf('wants')), false)
})

test.run()

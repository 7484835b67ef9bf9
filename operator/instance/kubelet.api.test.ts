import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { pods, secrets } from '../kube/resource.ts'
import type { Lab } from './testing/lab.ts'
import { World } from './testing/world.ts'

/** What the other tests stand on: the played kubelet and garbage collector, and the operator between them. */
let world: World
let lab: Lab
test.before(async () => {
  world = await World.start()
  lab = await world.lab('lab')
})
test.after(() => world?.stop())

test('an instance becomes Ready, and all that it owned goes with it', async () => {
  const operator = await lab.operator()
  const made = await lab.create('web1')
  const ready = await lab.phase('web1', 'Ready')
  const pod = await lab.client.get(pods, { namespace: 'lab', name: 'web1-vm' })
  assert.is(ready.status?.podUID, pod.metadata.uid)
  assert.is(ready.status?.ip, pod.status?.podIP)
  assert.is(pod.metadata.ownerReferences?.[0]?.uid, made.metadata.uid)
  assert.ok(world.kubelet.vms.isRunning(ready.status?.ip ?? ''))
  await lab.delete('web1')
  await lab.until('pod and Secret to be gone', async () => {
    const left = [
      await lab.client.list(pods, { namespace: 'lab' }),
      await lab.client.list(secrets, { namespace: 'lab' }),
    ]
    return left.every(({ items }) => items.length === 0)
  })
  assert.not(world.kubelet.vms.isRunning(ready.status?.ip ?? ''))
  await operator.stop()
})

test('a pod stays where it is held, and goes on when it is let go', async () => {
  const operator = await lab.operator()
  world.kubelet.holdAt(lab.pod('web2'), 'running')
  await lab.create('web2')
  await lab.reason('web2', 'Active', 'Preparing')
  world.kubelet.holdAt(lab.pod('web2'), 'ready')
  await lab.phase('web2', 'Ready')
  await operator.stop()
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Lab } from '../instance/testing/lab.ts'
import type { TestOperator } from '../instance/testing/operator.ts'
import { World } from '../instance/testing/world.ts'
import { systemClock } from '../kube/clock.ts'
import { findCondition } from '../kube/conditions.ts'
import { splitKey } from '../kube/object.ts'
import { pods, services } from '../kube/resource.ts'

let world: World
let lab: Lab
let operator: TestOperator
test.before(async () => {
  world = await World.start(20)
  lab = await world.lab('names')
  operator = await lab.operator({}, { clock: systemClock })
})
test.after(() => world?.stop())

const target = { namespace: 'names', name: 'instances' }
const service = () => lab.client.find(services, target)

test('the first instance brings the Service that names VMs, and its pod is one of those that it names', async () => {
  assert.is(await service(), undefined)
  await lab.create('web1')
  const { status } = await lab.phase('web1', 'Ready')
  assert.is(status?.hostname, 'web1.instances.names.svc')
  const found = await lab.until('the Service', service)
  const { selector = {}, clusterIP, publishNotReadyAddresses } = found.spec ?? {}
  assert.is(clusterIP, 'None')
  assert.is(publishNotReadyAddresses, true)
  const pod = await lab.client.get(pods, splitKey(lab.pod('web1')))
  assert.equal([pod.spec.hostname, pod.spec.subdomain], ['web1', 'instances'])
  for (const [name, value] of Object.entries(selector)) assert.is(pod.metadata.labels?.[name], value)
})

test('it comes back when somebody deletes or changes it', async () => {
  const uid = (await service())?.metadata.uid
  await lab.client.delete(services, target)
  await lab.until('another Service', async () => {
    const found = await service()
    return found !== undefined && found.metadata.uid !== uid
  })
  await lab.client.mergePatch(services, target, { spec: { selector: { app: 'mine' } } })
  const isPutRight = async () =>
    (await service())?.spec?.selector?.['app.kubernetes.io/name'] === 'ephemera-vm'
  await lab.until('the selector to be put right', isPutRight)
})

test('it outlives the last instance by a minute', async () => {
  const uid = (await service())?.metadata.uid
  await lab.delete('web1')
  await lab.until('the cache to know', () => operator.caches.instances.store.size === 0)
  await lab.create('web2')
  await lab.phase('web2', 'Ready')
  assert.is((await service())?.metadata.uid, uid)
})

test('and no longer', async () => {
  await operator.crash()
  operator = await lab.operator()
  await lab.delete('web2')
  await lab.until('the Service to be gone', async () => (await service()) === undefined)
})

test("somebody else's Service of that name is left alone; the VM runs without a name, says so, and gets it when the Service is gone", async () => {
  const theirs = { metadata: target, spec: { ports: [{ port: 80 }] } }
  const { metadata } = await lab.client.create(services, theirs)
  await lab.create('web3')
  await lab.phase('web3', 'Ready')
  const degraded = await lab.reason('web3', 'Degraded', 'HostnameTaken')
  assert.is(degraded.status?.hostname, undefined)
  assert.match(findCondition(degraded.status?.conditions, 'Degraded')?.message ?? '', /delete that Service/)
  assert.is((await service())?.metadata.resourceVersion, metadata.resourceVersion)
  await lab.client.delete(services, target)
  await lab.until('the name', async () => (await lab.get('web3'))?.status?.hostname !== undefined)
  await lab.healed('web3', 'Degraded')
})

test.run()

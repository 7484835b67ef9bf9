import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { InstanceSpec } from '../api/instance-spec.ts'
import type { Lab } from '../instance/testing/lab.ts'
import { World } from '../instance/testing/world.ts'
import { findCondition } from '../kube/conditions.ts'
import { services } from '../kube/resource.ts'

let world: World
let lab: Lab
test.before(async () => {
  world = await World.start()
  lab = await world.lab('exposed')
  await lab.operator()
})
test.after(() => world?.stop())

const ports: InstanceSpec['ports'] = [
  { name: 'ssh', port: 22, protocol: 'TCP' },
  { name: 'dns', port: 53, protocol: 'UDP' },
]
const target = (name: string) => ({ namespace: 'exposed', name: `${name}-vm` })
const serviceOf = async (name: string) => (await lab.get(name))?.status?.service

test('a Service comes with the instance, and the status says where it is', async () => {
  await lab.create('web1', { ports, expose: {} })
  const found = await lab.until('the Service in the status', () => serviceOf('web1'))
  const { spec } = await lab.client.get(services, target('web1'))
  assert.is(found.type, 'ClusterIP')
  assert.equal(found.addresses, spec?.clusterIPs)
  assert.equal(
    found.ports.map(({ name, port, protocol }) => [name, port, protocol]),
    [
      ['ssh', 22, 'TCP'],
      ['dns', 53, 'UDP'],
    ],
  )
})

test('its type and ports follow the spec at once, without a new VM', async () => {
  const before = await lab.phase('web1', 'Ready')
  await lab.change('web1', {
    spec: { expose: { type: 'NodePort', annotations: { 'example.com/pool': 'a' } } },
  })
  const found = await lab.until('the ports of the nodes', async () => {
    const service = await serviceOf('web1')
    return service?.ports.every(({ nodePort }) => nodePort !== undefined) && service
  })
  assert.is(found.type, 'NodePort')
  const { metadata } = await lab.client.get(services, target('web1'))
  assert.is(metadata.annotations?.['example.com/pool'], 'a')
  await lab.change('web1', { spec: { expose: { annotations: null } } })
  const isPlain = async () =>
    (await lab.client.get(services, target('web1'))).metadata.annotations?.['example.com/pool'] === undefined
  await lab.until('the annotation to be gone', isPlain)
  assert.is((await lab.phase('web1', 'Ready')).status?.podUID, before.status?.podUID)
})

test("the load balancer's address takes the place of the one inside", async () => {
  await lab.change('web1', { spec: { expose: { type: 'LoadBalancer' } } })
  await lab.until('the type', async () => (await serviceOf('web1'))?.type === 'LoadBalancer')
  const status = { loadBalancer: { ingress: [{ ip: '192.0.2.7' }] } }
  await lab.client.mergePatch(services, target('web1'), { status }, { subresource: 'status' })
  const isTold = async () => (await serviceOf('web1'))?.addresses.join() === '192.0.2.7'
  await lab.until('the address', isTold)
})

test('without expose there is no Service any more', async () => {
  await lab.change('web1', { spec: { expose: null } })
  await lab.until('the Service to be gone', async () => !(await lab.client.find(services, target('web1'))))
  await lab.until('the status to say so', async () => (await serviceOf('web1')) === undefined)
})

test("somebody else's Service of that name is left alone, and told until it is gone", async () => {
  await lab.client.create(services, { metadata: target('web2'), spec: { ports: [{ port: 80 }] } })
  await lab.create('web2', { ports, expose: {} })
  const { status } = await lab.reason('web2', 'Degraded', 'NameTaken')
  assert.match(findCondition(status?.conditions, 'Degraded')?.message ?? '', /delete that Service/)
  await lab.phase('web2', 'Ready')
  await lab.client.delete(services, target('web2'))
  await lab.until('the Service', () => serviceOf('web2'))
  await lab.healed('web2', 'Degraded')
})

test('what the API server refuses of a Service is told with its words, and heals', async () => {
  await lab.create('web3', { ports, expose: { annotations: { 'no good key': 'x' } } })
  const { status } = await lab.reason('web3', 'Degraded', 'ServiceRefused')
  assert.match(findCondition(status?.conditions, 'Degraded')?.message ?? '', /annotations.*no good key/)
  await lab.change('web3', { spec: { expose: { annotations: null } } })
  await lab.until('the Service', () => serviceOf('web3'))
  await lab.healed('web3', 'Degraded')
})

test('a Service goes with its instance', async () => {
  await lab.delete('web3')
  await lab.until('the Service to be gone', async () => !(await lab.client.find(services, target('web3'))))
})

test.run()

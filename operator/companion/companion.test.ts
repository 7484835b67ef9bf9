import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { specHash } from '../instance/spec-hash.ts'
import { instance, podOf } from '../instance/testing/build.ts'
import { blockingBudget } from './budget.ts'
import { exposingService, serviceSummary } from './service.ts'

const ports = [
  { name: 'http', port: 80, protocol: 'TCP' as const },
  { name: 'dns', port: 53, protocol: 'UDP' as const },
]
const exposed = instance({ ports, expose: { type: 'NodePort', annotations: { a: 'b' } } })

test('an instance that asks for nothing has no companions', () => {
  assert.is(exposingService(instance({ ports })), undefined)
  assert.is(blockingBudget(instance()), undefined)
  assert.is(blockingBudget(instance({ eviction: 'Recreate' })), undefined)
})

test("a Service leads to the instance's own pod, port by port, and goes with the instance", () => {
  const { metadata, spec } = exposingService(exposed) ?? { metadata: { name: '' } }
  assert.is(metadata.name, 'web1-vm')
  assert.is(metadata.ownerReferences?.[0]?.uid, 'uid-web1')
  assert.equal(metadata.annotations, { a: 'b' })
  assert.is(spec?.type, 'NodePort')
  assert.equal(
    spec?.ports?.map(({ name, port, targetPort, protocol }) => [name, port, targetPort, protocol]),
    [
      ['http', 80, 80, 'TCP'],
      ['dns', 53, 53, 'UDP'],
    ],
  )
  const { labels } = podOf(exposed).metadata
  for (const [name, value] of Object.entries(spec?.selector ?? {})) assert.is(labels?.[name], value)
})

test('a budget allows no eviction of the one pod that it selects', () => {
  const { spec } = blockingBudget(instance({ eviction: 'Block' })) ?? {}
  assert.is(spec?.minAvailable, 1)
  const { labels } = podOf(instance()).metadata
  for (const [name, value] of Object.entries(spec?.selector?.matchLabels ?? {}))
    assert.is(labels?.[name], value)
})

const inside = { clusterIPs: ['10.96.0.7', 'fd00::7'], type: 'LoadBalancer' }
const summaries: readonly { name: string; ingress?: { ip?: string; hostname?: string }[]; want: string[] }[] =
  [
    { name: 'inside the cluster', want: ['10.96.0.7', 'fd00::7'] },
    {
      name: 'at the load balancer, once it has an address',
      ingress: [{ ip: '192.0.2.1' }, { hostname: 'lb.example.com' }],
      want: ['192.0.2.1', 'lb.example.com'],
    },
  ]
for (const { name, ingress, want } of summaries) {
  test(`the status says where a Service is reached: ${name}`, () => {
    const { addresses } = serviceSummary({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web1-vm' },
      spec: inside,
      ...(ingress === undefined ? {} : { status: { loadBalancer: { ingress } } }),
    })
    assert.equal(addresses, want)
  })
}

test('neither asks for a rebuild', () => {
  const { expose: _, ...spec } = exposed.spec
  assert.is(specHash({ ...exposed.spec, eviction: 'Block' }), specHash(spec))
})

test.run()

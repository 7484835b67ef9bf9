import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { SecurityGroup } from '../api/security-group.ts'
import { securityGroupType } from '../api/types.ts'
import type { Lab } from '../instance/testing/lab.ts'
import { World } from '../instance/testing/world.ts'
import { findCondition, isTrue } from '../kube/conditions.ts'
import { splitKey } from '../kube/object.ts'
import { networkPolicies, pods } from '../kube/resource.ts'

let world: World
let lab: Lab
test.before(async () => {
  world = await World.start(20)
  lab = await world.lab('secured')
  await lab.operator()
})
test.after(() => world?.stop())

const target = (name: string) => ({ namespace: 'secured', name })
const create = (name: string, spec: unknown, dryRun = false) =>
  lab.client.create(securityGroupType, { metadata: target(name), spec } as SecurityGroup, { dryRun })
const policy = (name: string) => lab.client.find(networkPolicies, target(name))
const labelsOf = async (name: string) =>
  Object.keys((await lab.client.get(pods, splitKey(lab.pod(name)))).metadata.labels ?? {})

test('every kind of rule becomes a policy that the API server takes, and the group says so', async () => {
  const ingress = [
    { description: 'web', protocol: 'TCP', port: 80 },
    { protocol: 'TCP', port: 10000, endPort: 11000, from: [{ cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] }] },
    { from: [{ group: 'web' }, { namespace: 'ops' }, { namespace: 'ops', group: 'db' }] },
    { protocol: 'UDP', from: [{ cidr: '2001:db8::/32' }] },
  ]
  const egress = [{}, { protocol: 'TCP', port: 443, to: [{ cidr: '0.0.0.0/0' }] }]
  await create('web', { ingress, egress })
  await lab.until('the group to be ready', async () =>
    isTrue((await lab.client.get(securityGroupType, target('web'))).status?.conditions, 'Ready'),
  )
  const { spec, metadata } = await lab.client.get(networkPolicies, target('web-esg'))
  assert.is(spec?.ingress?.length, 4)
  assert.is(metadata.ownerReferences?.[0]?.kind, 'SecurityGroup')
})

test('a VM with a group that does not exist is closed and says so, and opens when the group comes', async () => {
  await lab.create('vm', { securityGroups: ['web', 'late'] })
  const { status } = await lab.reason('vm', 'Degraded', 'SecurityGroupNotFound')
  assert.match(findCondition(status?.conditions, 'Degraded')?.message ?? '', /no SecurityGroup late/)
  await lab.until('the wall', () => policy('ephemera-secured'))
  const closed = await lab.phase('vm', 'Ready')
  await create('late', {})
  const healed = await lab.healed('vm', 'Degraded')
  assert.is(healed.status?.podUID, closed.status?.podUID)
})

test('groups change on the running VM', async () => {
  const before = await lab.phase('vm', 'Ready')
  await lab.change('vm', { spec: { securityGroups: ['late'] } })
  await lab.until(
    'the label to go',
    async () => !(await labelsOf('vm')).includes('security-group.ephemera.dev/web'),
  )
  assert.ok((await labelsOf('vm')).includes('security-group.ephemera.dev/late'))
  await lab.change('vm', { spec: { securityGroups: null } })
  await lab.until('the wall to go', async () => (await policy('ephemera-secured')) === undefined)
  await lab.until('the label to go', async () => !(await labelsOf('vm')).includes('ephemera.dev/secured'))
  const after = await lab.get('vm')
  assert.is(after?.status?.podUID, before.status?.podUID)
  assert.not.ok(isTrue(after?.status?.conditions, 'RestartRequired'))
})

test("somebody else's policy of the name is left alone, and the group says so until it is gone", async () => {
  await lab.client.create(networkPolicies, { metadata: target('taken-esg'), spec: { podSelector: {} } })
  await create('taken', {})
  const ready = async () =>
    findCondition((await lab.client.get(securityGroupType, target('taken'))).status?.conditions, 'Ready')
  await lab.until('the group to say so', async () => (await ready())?.reason === 'NameTaken')
  await lab.client.delete(networkPolicies, target('taken-esg'))
  await lab.until('the group to be ready', async () => (await ready())?.status === 'True')
})

const refused: readonly { name: string; spec: unknown; want: RegExp }[] = [
  {
    name: 'a range that is none',
    spec: { ingress: [{ from: [{ cidr: '10.0.0/8' }] }] },
    want: /cidr must be a range/,
  },
  { name: 'nobody', spec: { ingress: [{ from: [{}] }] }, want: /say who: cidr, group or namespace/ },
  { name: 'an empty list of peers', spec: { ingress: [{ from: [] }] }, want: /at least 1 items/ },
  {
    name: 'a range and a group at once',
    spec: { egress: [{ to: [{ cidr: '10.0.0.0/8', group: 'a' }] }] },
    want: /cidr stands alone/,
  },
  {
    name: 'exceptions from nothing',
    spec: { ingress: [{ from: [{ group: 'a', except: ['10.0.0.0/8'] }] }] },
    want: /except takes ranges out of cidr/,
  },
  { name: 'a port without a protocol', spec: { ingress: [{ port: 80 }] }, want: /port needs protocol/ },
  {
    name: 'a range that runs backwards',
    spec: { ingress: [{ protocol: 'TCP', port: 80, endPort: 79 }] },
    want: /endPort is the last port/,
  },
  { name: 'port 0', spec: { ingress: [{ protocol: 'TCP', port: 0 }] }, want: /greater than or equal to 1/ },
  { name: 'ICMP', spec: { ingress: [{ protocol: 'ICMP' }] }, want: /supported values: "TCP", "UDP"/ },
]
for (const { name, spec, want } of refused) {
  test(`refused: ${name}`, async () => {
    const said = await create('bad', spec, true).then(
      () => 'accepted',
      (error: Error) => error.message,
    )
    assert.match(said, want)
  })
}

test.run()

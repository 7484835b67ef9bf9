import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { SecurityGroup } from '../api/security-group.ts'
import { restorationOf } from '../instance/ownership.ts'
import { specHash } from '../instance/spec-hash.ts'
import { instance, podOf } from '../instance/testing/build.ts'
import { groupPolicy, wall } from './policy.ts'

const group = (spec: SecurityGroup['spec']): SecurityGroup => ({
  apiVersion: 'ephemera.dev/v1alpha1',
  kind: 'SecurityGroup',
  metadata: { name: 'web', namespace: 'lab', uid: 'uid-group' },
  spec,
})
const web = { podSelector: { matchLabels: { 'security-group.ephemera.dev/web': 'true' } } }
const tcp = (port: number, endPort?: number) => ({
  protocol: 'TCP',
  port,
  ...(endPort === undefined ? {} : { endPort }),
})
const udp = (port: number, endPort: number) => ({ protocol: 'UDP', port, endPort })

type Ingress = NonNullable<SecurityGroup['spec']['ingress']>[number]
const ingresses: readonly { name: string; rule: Ingress; want: unknown }[] = [
  { name: 'one port from everyone', rule: { protocol: 'TCP', port: 80 }, want: { ports: [tcp(80)] } },
  {
    name: 'a range from addresses, but for some',
    rule: {
      protocol: 'TCP',
      port: 8000,
      endPort: 8999,
      from: [{ cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] }],
    },
    want: {
      ports: [tcp(8000, 8999)],
      from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }],
    },
  },
  {
    name: "everything from the group: never the operator's ports",
    rule: { from: [{ group: 'web' }] },
    want: {
      ports: [tcp(1, 10769), tcp(10790, 65535), udp(1, 10769), udp(10790, 65535)],
      from: [web],
    },
  },
  {
    name: "a range that ends within the operator's ports",
    rule: { protocol: 'TCP', port: 10000, endPort: 10777 },
    want: { ports: [tcp(10000, 10769)] },
  },
  {
    name: "one of the operator's ports alone: nothing",
    rule: { protocol: 'TCP', port: 10777 },
    want: undefined,
  },
  {
    name: 'a namespace, and the VMs of a group in one',
    rule: { protocol: 'TCP', port: 22, from: [{ namespace: 'ops' }, { namespace: 'ops', group: 'web' }] },
    want: {
      ports: [tcp(22)],
      from: [
        { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ops' } } },
        { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ops' } }, ...web },
      ],
    },
  },
]
for (const { name, rule, want } of ingresses)
  test(`ingress: ${name}`, () =>
    assert.equal(groupPolicy(group({ ingress: [rule] })).spec?.ingress, want === undefined ? [] : [want]))

const egresses: readonly { name: string; egress: SecurityGroup['spec']['egress']; want: unknown }[] = [
  { name: 'absent: everything', egress: undefined, want: [{}] },
  { name: 'empty: nothing', egress: [], want: [] },
  {
    name: 'a protocol to an address',
    egress: [{ protocol: 'UDP', to: [{ cidr: '10.0.0.53/32' }] }],
    want: [{ ports: [{ protocol: 'UDP' }], to: [{ ipBlock: { cidr: '10.0.0.53/32' } }] }],
  },
  { name: 'a rule without anything: everything', egress: [{}], want: [{}] },
]
for (const { name, egress, want } of egresses)
  test(`egress, ${name}`, () => assert.equal(groupPolicy(group({ egress })).spec?.egress, want))

test('the policies select the pods of VMs that have the group, and no others', () => {
  const labels = podOf(instance({ securityGroups: ['web'] })).metadata.labels ?? {}
  const bare = podOf(instance()).metadata.labels ?? {}
  for (const policy of [groupPolicy(group({})), wall('lab', 'ephemera-system')])
    for (const [name, value] of Object.entries(policy.spec?.podSelector?.matchLabels ?? {})) {
      assert.is(labels[name], value)
      assert.is(bare[name], undefined)
    }
})

test("the wall opens nothing but the operator's port to the operator, and that of snapshots to workers", () => {
  const { ingress, egress, policyTypes } = wall('lab', 'ephemera-system').spec as unknown as {
    ingress: { ports: { port: number }[]; from: unknown[] }[]
    egress?: unknown
    policyTypes: string[]
  }
  assert.equal(policyTypes, ['Ingress', 'Egress'])
  assert.is(egress, undefined)
  assert.equal(
    ingress.map(({ ports, from }) => [ports.map(({ port }) => port), from.length]),
    [
      [[10777], 1],
      [[10776], 1],
    ],
  )
})

test('a change of groups reaches the running pod: the new label comes, the old one goes, and no rebuild is asked for', () => {
  const before = instance({ securityGroups: ['web'] })
  const after = instance({ securityGroups: ['db'] })
  assert.equal(restorationOf(after, podOf(before))?.labels, {
    'security-group.ephemera.dev/db': 'true',
    'security-group.ephemera.dev/web': null,
  })
  assert.equal(restorationOf(instance(), podOf(before))?.labels, {
    'ephemera.dev/secured': null,
    'security-group.ephemera.dev/web': null,
  })
  assert.is(restorationOf(before, podOf(before)), undefined)
  assert.is(specHash(before.spec), specHash(after.spec))
})

test('a group of a name that no label takes closes the VM all the same, and keeps no other from opening it', () => {
  const securityGroups = ['web', 'a'.repeat(58)]
  const wanted = { 'ephemera.dev/secured': 'true', 'security-group.ephemera.dev/web': 'true' }
  assert.equal(restorationOf(instance({ securityGroups }), podOf(instance()))?.labels, wanted)
})

test.run()

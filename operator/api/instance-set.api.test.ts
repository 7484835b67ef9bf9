import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { kubectl } from '../../hack/apiserver/kubectl.ts'
import { serveCrds } from '../../hack/apiserver/serve-crds.ts'
import { type KubeObject, objectKey } from '../kube/object.ts'
import { resourceType } from '../kube/resource.ts'
import { apiVersion } from './group.ts'
import type { InstanceSet } from './instance-set.ts'
import { accepted } from './testing/accepted.ts'
import { refused } from './testing/refused.ts'
import { good, type Spec } from './testing/specs.ts'
import { instanceSets } from './types.ts'

const api = serveCrds(test)

const object = (name: string, spec: Spec) => ({
  apiVersion,
  kind: 'InstanceSet' as const,
  metadata: { name, namespace: 'default' },
  spec: { template: { spec: good }, ...spec } as never,
})
const outcome = (attempt: Promise<unknown>) =>
  attempt.then(
    () => 'accepted',
    (error: Error) => error.message,
  )
const tryOut = (spec: Spec, name = 'web') =>
  outcome(api.client.create(instanceSets, object(name, spec) as never, { dryRun: true }))
const labelled = (labels: Spec) => ({ template: { metadata: { labels }, spec: good } })
const templated = (change: Spec) => ({ template: { spec: { ...good, ...change } } })
const strategy = (updateStrategy: Spec) => ({ updateStrategy })

const cases: readonly { name: string; spec: Spec; want: RegExp }[] = [
  { name: 'the smallest spec', spec: {}, want: /^accepted$/ },
  {
    name: 'every field',
    spec: {
      replicas: 1000,
      warm: 100,
      template: {
        metadata: {
          labels: { tier: 'web', 'example.com/team': '' },
          annotations: { note: 'any text, at all' },
        },
        spec: { ...good, rebuildGeneration: 3 },
      },
      ...strategy({ type: 'OnDelete', maxUnavailable: '25%' }),
    },
    want: /^accepted$/,
  },
  { name: 'no replicas', spec: { replicas: 0 }, want: /^accepted$/ },
  { name: 'as many labels as there may be', spec: labelled(numbered(64)), want: /^accepted$/ },
  {
    name: 'more labels than there may be',
    spec: labelled(numbered(65)),
    want: /Too many: 65: must have at most 64/,
  },
  { name: 'fewer replicas than none', spec: { replicas: -1 }, want: /replicas.*greater than or equal to 0/ },
  { name: 'too many replicas', spec: { replicas: 1001 }, want: /replicas.*less than or equal to 1000/ },
  { name: 'half a replica', spec: { replicas: 0.5 }, want: /replicas.*must be of type integer/ },
  { name: 'too many spares', spec: { warm: 101 }, want: /warm.*less than or equal to 100/ },
  { name: 'fewer spares than none', spec: { warm: -1 }, want: /warm.*greater than or equal to 0/ },
  { name: 'no template', spec: { template: undefined }, want: /spec\.template: Required value/ },
  { name: 'a template without a spec', spec: { template: {} }, want: /spec\.template\.spec: Required value/ },
  {
    name: 'an unknown strategy',
    spec: strategy({ type: 'Recreate' }),
    want: /supported values: "RollingUpdate", "OnDel/,
  },
  {
    name: 'maxUnavailable of none',
    spec: strategy({ maxUnavailable: 0 }),
    want: /must be a number from 1 on/,
  },
  { name: 'maxUnavailable of 0%', spec: strategy({ maxUnavailable: '0%' }), want: /a share from 1% to 100%/ },
  {
    name: 'maxUnavailable of 101%',
    spec: strategy({ maxUnavailable: '101%' }),
    want: /a share from 1% to 100%/,
  },
  {
    name: 'maxUnavailable in words',
    spec: strategy({ maxUnavailable: 'one' }),
    want: /must be a number from 1 on/,
  },
  {
    name: 'a label with a blank in its key',
    spec: labelled({ 'a b': 'c' }),
    want: /labels must be such as tier: web/,
  },
  {
    name: 'a label with a blank in its value',
    spec: labelled({ a: 'b c' }),
    want: /labels must be such as tier: web/,
  },
  {
    name: 'a label of 64 characters',
    spec: labelled({ a: 'b'.repeat(64) }),
    want: /Too long: may not be more than 63/,
  },
  { name: 'a stopped template', spec: templated({ powerState: 'Stopped' }), want: /Scale the set to 0/ },
  {
    name: 'a template of VMs to be rescued',
    spec: templated({ rescue: { image: 'a' } }),
    want: /rescue cannot be used in a template/,
  },
  {
    name: 'a locked template',
    spec: templated({ locked: { reason: 'precious' } }),
    want: /locked cannot be used in a template/,
  },
  {
    name: 'a deadline for all',
    spec: templated({ expiry: { deadline: '2030-01-01T00:00:00Z' }, onExpiry: 'Delete' }),
    want: /Use ttlSeconds, which begins with each instance/,
  },
  {
    name: 'VMs that stay stopped when their time is over',
    spec: templated({ expiry: { ttlSeconds: 60 } }),
    want: /onExpiry must be Delete or SnapshotThenDelete/,
  },
  {
    name: 'VMs that are replaced every hour',
    spec: templated({ expiry: { ttlSeconds: 3600 }, onExpiry: 'Delete' }),
    want: /^accepted$/,
  },
  {
    name: 'VMs that run once',
    spec: templated({ restartPolicy: 'Never' }),
    want: /restartPolicy must be Always/,
  },
]
for (const { name, spec, want } of cases) {
  test(`a set with ${name}`, async () => assert.match(await tryOut(spec), want))
}

function numbered(count: number): Spec {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [`label-${at}`, `${at}`]))
}

for (const { name, spec, want } of refused) {
  test(`a template is refused as an instance is: ${name}`, async () =>
    // The path of the field is a longer one.
    assert.match((await tryOut({ template: { spec } })).replaceAll('spec.template.spec', 'spec'), want))
}
// A set asks more of these than an instance does.
for (const { name, spec } of accepted.filter(
  ({ spec }) => spec.expiry === undefined && !('locked' in spec) && !('rescue' in spec),
)) {
  test(`a template is accepted as an instance is: ${name}`, async () =>
    assert.is(await tryOut({ template: { spec } }), 'accepted'))
}

test('a name too long for the names of the instances is refused', async () => {
  assert.match(
    await tryOut({}, 'a'.repeat(56)),
    /metadata\.name begins the names of the instances: use at most 55/,
  )
  assert.is(await tryOut({}, 'a'.repeat(55)), 'accepted')
})

test('rebuildGeneration of a template can be raised and not lowered; the rest changes freely', async () => {
  const apply = (change: Spec) =>
    outcome(api.client.apply(instanceSets, object('changed', templated(change))))
  assert.is(await apply({}), 'accepted')
  assert.is(await apply({ rebuildGeneration: 2 }), 'accepted')
  assert.is(await apply({ rebuildGeneration: 2, boot: { claim: 'debian-14' } }), 'accepted')
  assert.match(await apply({ rebuildGeneration: 1 }), /rebuildGeneration can only be raised/)
})

const status = {
  replicas: 3,
  readyReplicas: 2,
  availableReplicas: 2,
  updatedReplicas: 1,
  warmReplicas: 1,
  selector: 'ephemera.dev/instance-set=shown,ephemera.dev/set-role=replica',
  conditions: [
    {
      type: 'Ready',
      status: 'False',
      reason: 'RollingOut',
      message: '1 of 3 replicas is of the template as it is.',
      lastTransitionTime: '2026-01-02T03:04:05Z',
    },
  ],
}
const shown = { name: 'shown', namespace: 'default' }

test('kubectl get eset shows the counts, and -o wide why', async () => {
  await api.client.create(instanceSets, object('shown', { replicas: 3, warm: 1 }) as InstanceSet)
  await api.client.mergePatch(instanceSets, shown, { status }, { subresource: 'status' })
  const [head, row] = (await kubectl(api.server, 'get', 'eset', 'shown', '-o', 'wide'))
    .trim()
    .split('\n')
    .map((line) => line.trim().replace(/ {2,}/g, ' | '))
  assert.is(head, 'NAME | DESIRED | CURRENT | READY | UP-TO-DATE | WARM | AGE | SELECTOR | REASON | MESSAGE')
  assert.match(row ?? '', /^shown \| 3 \| 3 \| 2 \| 1 \| 1 \| \d+s \| ephemera.* \| RollingOut \| 1 of 3/)
})

test('kubectl explain tells of the set and of the template', async () => {
  assert.match(await kubectl(api.server, 'explain', 'eset.spec.warm'), /takes over\s+at\s+once/)
  assert.match(await kubectl(api.server, 'explain', 'eset.spec.template.spec.userData'), /cloud-init/)
})

test('kubectl scale works, and refuses what is out of range', async () => {
  await kubectl(api.server, 'scale', 'eset/shown', '--replicas=5')
  assert.is((await api.client.get(instanceSets, shown)).spec.replicas, 5)
  const tooMany = await outcome(kubectl(api.server, 'scale', 'eset/shown', '--replicas=1001'))
  assert.match(tooMany, /less than or equal to 1000/)
  assert.match(
    await outcome(kubectl(api.server, 'scale', 'eset/shown', '--replicas=-1', '--timeout=5s')),
    /replicas/,
  )
})

type Scale = KubeObject &
  Readonly<{ spec: { replicas: number }; status: { replicas: number; selector: string } }>
type Autoscaler = KubeObject & Readonly<{ spec: unknown }>
const autoscalers = resourceType<Autoscaler>({
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  namespaced: true,
})

test('a HorizontalPodAutoscaler finds what it needs at the scale subresource, and can write there', async () => {
  const scaleTargetRef = { apiVersion, kind: 'InstanceSet', name: 'shown' }
  const metric = {
    type: 'Resource',
    resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } },
  }
  await api.client.create(autoscalers, {
    metadata: shown,
    spec: { scaleTargetRef, minReplicas: 1, maxReplicas: 8, metrics: [metric] },
  })
  // What the autoscaler's controller does: it reads the number and the selector of the pods, and puts another number.
  const path = `/apis/${apiVersion}/namespaces/default/instancesets/shown/scale`
  const scale = await api.client.request<Scale>({ method: 'GET', path })
  assert.is(scale.kind, 'Scale')
  assert.is(scale.spec.replicas, 5)
  assert.equal(scale.status, { replicas: 3, selector: status.selector })
  await api.client.request({ method: 'PUT', path, body: { ...scale, spec: { replicas: 7 } } })
  const after = await api.client.get(instanceSets, shown)
  assert.is(after.spec.replicas, 7, objectKey('default', 'shown'))
  assert.equal(after.status?.selector, status.selector)
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { InstanceSpec } from '../api/instance-spec.ts'
import { findCondition } from '../kube/conditions.ts'
import { type KubeObject, type Pod, splitKey } from '../kube/object.ts'
import { pods, resourceType } from '../kube/resource.ts'
import type { Lab } from './testing/lab.ts'
import { World } from './testing/world.ts'

const priorityClasses = resourceType<KubeObject & { value: number }>({
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  namespaced: false,
})

let world: World
let lab: Lab
test.before(async () => {
  world = await World.start()
  lab = await world.lab('placing')
  await lab.operator()
})
test.after(() => world?.stop())

const podOf = (name: string): Promise<Pod> => lab.client.get(pods, splitKey(lab.pod(name)))

test('all that a placement can say is taken by the API server, and stands on the pod', async () => {
  const requirement = { key: 'disk', operator: 'In', values: ['ssd'] }
  const placement: InstanceSpec['placement'] = {
    nodeSelector: { disk: 'ssd' },
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [requirement] }],
        },
      },
    },
    tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'lab', effect: 'NoSchedule' }],
    topologySpreadConstraints: [
      {
        topologyKey: 'zone',
        maxSkew: 1,
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: { app: 'web' } },
        matchLabelKeys: ['app.kubernetes.io/name'],
      },
    ],
    schedulerName: 'default-scheduler',
    group: { name: 'web', policy: 'AntiAffinity' },
  }
  await lab.create('all', { placement })
  await lab.phase('all', 'Ready')
  const { metadata, spec } = await podOf('all')
  assert.equal(spec.nodeSelector, { disk: 'ssd' })
  assert.is(spec.tolerations?.[0]?.value, 'lab')
  assert.is(spec.topologySpreadConstraints?.[0]?.topologyKey, 'zone')
  assert.ok(spec.affinity?.podAntiAffinity && spec.affinity.nodeAffinity)
  assert.is(metadata.labels?.['ephemera.dev/group'], 'web')
})

type Row = Readonly<{
  name: string
  placement: unknown
  /** The API server's words in the condition. */
  says: RegExp
  mend: () => Promise<unknown>
}>

const plainly = (name: string) => () => lab.change(name, { spec: { placement: null } })

const rows: readonly Row[] = [
  {
    name: 'misspelt',
    placement: { affinity: { nodeAffinity: { required: [] } } },
    says: /unknown field "spec\.affinity\.nodeAffinity\.required"/,
    mend: plainly('misspelt'),
  },
  {
    name: 'wrong-type',
    placement: { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: 'node-1' } } },
    says: /cannot unmarshal/,
    mend: plainly('wrong-type'),
  },
  {
    name: 'no-topology',
    placement: {
      affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: {} }] } },
    },
    says: /topologyKey: Required value/,
    mend: plainly('no-topology'),
  },
  {
    name: 'no-priority',
    placement: { priorityClassName: 'absent' },
    says: /no PriorityClass with name absent/,
    mend: () => lab.client.create(priorityClasses, { metadata: { name: 'absent' }, value: 1 }),
  },
]
for (const { name, placement, says, mend } of rows) {
  test(`${name}: what the API server refuses is told with its words, and heals`, async () => {
    await lab.create(name, { placement } as Partial<InstanceSpec>)
    const stalled = await lab.reason(name, 'Stalled', 'PodRefused')
    assert.match(findCondition(stalled.status?.conditions, 'Stalled')?.message ?? '', says)
    await mend()
    await lab.phase(name, 'Ready')
  })
}

test('a VM that no node takes says so in the words of the scheduler, and what can be changed', async () => {
  const { place } = world.kubelet
  const refusal = "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector."
  world.kubelet.place = async (pod) => (pod.spec.nodeSelector?.disk === 'none' ? { refusal } : place(pod))
  await lab.create('homeless', { placement: { nodeSelector: { disk: 'none' } } })
  const found = await lab.reason('homeless', 'Scheduled', 'Unschedulable')
  const message = findCondition(found.status?.conditions, 'Ready')?.message ?? ''
  assert.match(message, /didn't match Pod's node affinity.*change spec\.placement\.nodeSelector/)
  await lab.change('homeless', { spec: { placement: { nodeSelector: { disk: 'ssd' } } } })
  await lab.phase('homeless', 'Ready')
})

test('a VM that its group keeps from every node says so, and starts by itself when another one goes', async () => {
  const { place } = world.kubelet
  // The scheduler: two nodes, and what the pods say of their group.
  world.kubelet.place = async (pod) => {
    const [term] = pod.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []
    if (term === undefined) return place(pod)
    const labelSelector = Object.entries(term.labelSelector?.matchLabels ?? {}).map((pair) => pair.join('='))
    const { items } = await lab.client.list(pods, {
      namespace: lab.name,
      labelSelector: labelSelector.join(),
    })
    const free = ['one', 'two'].find((node) => items.every(({ spec }) => spec.nodeName !== node))
    const refusal = "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules."
    return free === undefined ? { refusal } : { node: free }
  }
  const placement = { group: { name: 'apart', policy: 'AntiAffinity' } } as const
  for (const name of ['first', 'second']) {
    await lab.create(name, { placement })
    await lab.phase(name, 'Ready')
  }
  await lab.create('third', { placement })
  const waiting = await lab.reason('third', 'Scheduled', 'Unschedulable')
  const message = findCondition(waiting.status?.conditions, 'Ready')?.message ?? ''
  assert.match(message, /2 node\(s\) didn't match pod anti-affinity rules.*group\.policy: SoftAntiAffinity/)
  const { status } = (await lab.get('second')) ?? {}
  await lab.delete('second')
  const after = await lab.phase('third', 'Ready')
  assert.equal([after.status?.nodeName, after.status?.restarts], [status?.nodeName, 0])
  assert.is(world.kubelet.made(lab.pod('third')), 1)
  world.kubelet.place = place
})

test.run()

import type { EphemeralInstance } from '../../api/ephemeral-instance.ts'
import type { InstanceSet } from '../../api/instance-set.ts'
import type { InstanceSetSpec } from '../../api/instance-set-spec.ts'
import { labels } from '../../api/labels.ts'
import { ephemeralInstances, instanceSets } from '../../api/types.ts'
import type { Lab } from '../../instance/testing/lab.ts'
import type { Path } from '../../instance/testing/paths.ts'
import { findCondition } from '../../kube/conditions.ts'
import { controllerOf } from '../../kube/owner.ts'
import { pods } from '../../kube/resource.ts'

/** The set of every path. */
const name = 'web'
const size = { cpus: 1, memory: '128Mi', disk: '1Gi' }

type Template = Readonly<{ labels?: Record<string, string>; spec?: object }>
type SpecPart = Partial<Omit<InstanceSetSpec, 'template'>> & { template?: Template }

const template = ({ labels: found = {}, spec = {} }: Template = {}) => ({
  metadata: { labels: found },
  spec: { boot: { claim: 'tiny' }, resources: size, ...spec },
})

export const createSet = (lab: Lab, spec: SpecPart = {}, named = name) =>
  lab.client.create(instanceSets, {
    metadata: { name: named, namespace: lab.name },
    spec: { replicas: 3, ...spec, template: template(spec.template) } as InstanceSetSpec,
  })

export const changeSet = (lab: Lab, spec: SpecPart, named = name) =>
  lab.client.mergePatch(
    instanceSets,
    { namespace: lab.name, name: named },
    { spec: spec.template === undefined ? spec : { ...spec, template: template(spec.template) } },
  )

export const findSet = (lab: Lab, named = name): Promise<InstanceSet | undefined> =>
  lab.client.find(instanceSets, { namespace: lab.name, name: named })

export const deleteSet = (lab: Lab, named = name) =>
  lab.client.delete(instanceSets, { namespace: lab.name, name: named })

/** All instances of the lab, by name. */
export async function instancesOf(lab: Lab): Promise<EphemeralInstance[]> {
  const { items } = await lab.client.list(ephemeralInstances, { namespace: lab.name })
  return [...items].sort((a, b) => a.metadata.name.localeCompare(b.metadata.name, 'en', { numeric: true }))
}

/** What was asked for is there, by the instances themselves and by the set's own word, and nothing goes on. */
export async function settled(lab: Lab, named = name): Promise<boolean> {
  const { status, spec, metadata } = (await findSet(lab, named)) ?? {}
  if (spec === undefined || status?.observedGeneration !== metadata?.generation) return false
  const { replicas, warm = 0 } = spec
  const ready = (await instancesOf(lab)).filter(
    (instance) => controllerOf(instance)?.uid === metadata?.uid && instance.status?.phase === 'Ready',
  )
  return (
    ready.length === replicas + warm &&
    findCondition(status?.conditions, 'Reconciling') === undefined &&
    findCondition(status?.conditions, 'Ready')?.reason === 'AllReady' &&
    status?.readyReplicas === replicas &&
    (status?.warmReplicas ?? 0) === warm
  )
}

/** Waits for that. */
export const untilSettled = (lab: Lab, named = name) =>
  lab.until(`set ${named} to be settled`, () => settled(lab, named))

/** All that matters of the end, without what differs from run to run. */
export async function print(lab: Lab) {
  const set = await findSet(lab)
  const { conditions, templateHash, ...status } = set?.status ?? {}
  const instances = await instancesWithPods(lab)
  return {
    status,
    conditions: conditions?.map((one) => `${one.type} ${one.status} ${one.reason}`).sort(),
    instances: instances.map(({ instance: { metadata, status: found }, podLabels }) => ({
      name: metadata.name,
      role: metadata.labels?.[labels.setRole],
      isPodLabelled: podLabels?.[labels.setRole] === metadata.labels?.[labels.setRole],
      isUpdated: metadata.labels?.[labels.templateHash] === templateHash,
      isOwned: controllerOf({ metadata } as EphemeralInstance)?.uid === set?.metadata.uid,
      phase: found?.phase,
    })),
  }
}

async function instancesWithPods(lab: Lab) {
  const { items } = await lab.client.list(pods, { namespace: lab.name })
  return (await instancesOf(lab)).map((instance) => ({
    instance,
    podLabels: items.find(({ metadata }) => metadata.name === `${instance.metadata.name}-vm`)?.metadata
      .labels,
  }))
}

const whole = (spec: SpecPart) => async (lab: Lab) => {
  await createSet(lab, spec)
  await untilSettled(lab)
}

/** UIDs that the instances had when a path was begun, by lab. */
const before = new Map<string, string[]>()
const remembered = (spec: SpecPart) => async (lab: Lab) => {
  await whole(spec)(lab)
  before.set(
    lab.name,
    (await instancesOf(lab)).map(({ metadata }) => metadata.uid ?? ''),
  )
}

/** Settled, and so many of the instances that there were at the beginning are there still. */
const keeping = (count: number) => async (lab: Lab) => {
  if (!(await settled(lab))) return false
  const uids = before.get(lab.name) ?? []
  return (await instancesOf(lab)).filter(({ metadata }) => uids.includes(metadata.uid ?? '')).length === count
}

const deleteOne = (instance: string) => (lab: Lab) => lab.delete(instance)

/** What is written about instances and sets, but for the instances' own statuses: those are the affair of other tests. */
const writes = /\/ephemeralinstances(\/[^/]+)?$|\/instancesets\//

const ways: readonly Path[] = [
  { name: 'create', act: (lab) => createSet(lab, { warm: 1 }), settled, print },
  {
    name: 'scale up',
    before: whole({ replicas: 1 }),
    act: (lab) => changeSet(lab, { replicas: 4 }),
    settled,
    print,
  },
  {
    name: 'scale down',
    before: whole({ warm: 1 }),
    act: (lab) => changeSet(lab, { replicas: 1 }),
    settled,
    print,
  },
  { name: 'lose one', before: remembered({}), act: deleteOne('web-1'), settled: keeping(2), print },
  {
    name: 'lose one with a spare',
    before: remembered({ replicas: 2, warm: 1 }),
    act: deleteOne('web-0'),
    settled: keeping(2),
    print,
  },
  {
    name: 'replace',
    before: remembered({ replicas: 2, warm: 1 }),
    act: (lab) => changeSet(lab, { template: { labels: { version: 'two' } } }),
    settled: keeping(0),
    print,
  },
  {
    name: 'claim one',
    before: remembered({ replicas: 2, warm: 1 }),
    act: (lab) =>
      lab.client.mergePatch(
        ephemeralInstances,
        { namespace: lab.name, name: 'web-0' },
        { metadata: { labels: { [labels.set]: null } } },
      ),
    settled: async (lab) =>
      (await lab.get('web-0'))?.metadata.ownerReferences === undefined && keeping(3)(lab),
    print,
  },
  {
    name: 'delete',
    before: whole({ warm: 1 }),
    act: (lab) => deleteSet(lab),
    settled: async (lab) =>
      (await findSet(lab)) === undefined &&
      (await instancesOf(lab)).length === 0 &&
      (await lab.client.list(pods, { namespace: lab.name })).items.length === 0,
    print,
  },
]

/** Every path of the set controller. */
export const paths: readonly Path[] = ways.map((path) => ({ ...path, writes }))

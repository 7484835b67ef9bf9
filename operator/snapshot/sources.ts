import type { BaseImage } from '../api/base-image.ts'
import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import type { Snapshot } from '../api/snapshot.ts'
import { ephemeralInstances, snapshots } from '../api/types.ts'
import {
  type KubeObject,
  keyOf,
  objectKey,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
} from '../kube/object.ts'
import { controllerOf } from '../kube/owner.ts'
import type { IndexFunctions, Store } from '../kube/store.ts'
import { contentName } from './children.ts'
import { blockNames } from './disk/names.ts'
import type { Observed, Other, User } from './observed.ts'
import { endOf } from './verdict.ts'

/** What the controller looks things up in; all kept current by watches. */
export type Sources = Readonly<{
  snapshots: Store<Snapshot>
  images: Store<BaseImage>
  instances: Store<EphemeralInstance>
  claims: Store<PersistentVolumeClaim>
  volumes: Store<PersistentVolume>
  pods: Store<Pod>
}>

/** How snapshots are found: by the instance that they are of, and by the name of what is made for them. */
export const snapshotIndexes: IndexFunctions<Snapshot> = {
  instance: ({ metadata, spec }) =>
    spec.instance === undefined ? [] : [objectKey(metadata.namespace, spec.instance)],
  content: (snapshot) => [objectKey(snapshot.metadata.namespace, contentName(snapshot))],
}

/** Keys of the snapshots that a claim or a worker pod was made for: one that is to be retained has no owner. */
export const snapshotsOfContent = (
  object: KubeObject,
  { snapshots: all }: Pick<Sources, 'snapshots'>,
): string[] => all.byIndex('content', keyOf(object)).map(keyOf)

/** The key of the snapshot that an instance boots, or was shelved in. */
export const snapshotOfInstance = ({ metadata, spec, status }: EphemeralInstance): string[] =>
  [spec.boot?.snapshot, spec.rescue?.snapshot, status?.shelved?.snapshot].flatMap((name) =>
    name === undefined ? [] : [objectKey(metadata.namespace, name)],
  )

/** Keys of the snapshots whose claims a pod mounts. */
export const snapshotsOfMounts = (
  { metadata, spec }: Pod,
  { snapshots: all }: Pick<Sources, 'snapshots'>,
): string[] =>
  (spec.volumes ?? []).flatMap(({ persistentVolumeClaim: mounted }) =>
    mounted === undefined
      ? []
      : all.byIndex('content', objectKey(metadata.namespace, mounted.claimName)).map(keyOf),
  )

/** What keeps this snapshot from being removed, in the order of their names. */
export function usersOf(snapshot: Snapshot, { instances, pods }: Sources): User[] {
  const { namespace, uid } = snapshot.metadata
  const users = new Map<string, User>()
  const add = (kind: string, name: string) => users.set(`${kind}/${name}`, { kind, name })
  for (const { metadata } of instances.byIndex('snapshot', keyOf(snapshot)))
    add(ephemeralInstances.kind, metadata.name)
  for (const pod of pods.byIndex('claim', objectKey(namespace, contentName(snapshot)))) {
    const owner = controllerOf(pod)
    if (owner?.uid === uid) continue
    add(owner?.kind ?? 'Pod', owner?.name ?? pod.metadata.name)
  }
  return [...users].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, user]) => user)
}

/** The snapshot of the same VM whose turn it is before this one's: the oldest that still has to do with the VM. */
export function aheadOf(snapshot: Snapshot, { snapshots: all }: Sources): string | undefined {
  const { namespace, uid } = snapshot.metadata
  const waiting = all
    .byIndex('instance', objectKey(namespace, snapshot.spec.instance))
    .filter((one) => one.metadata.uid === uid || concernsVm(one))
    .sort((a, b) => (rank(a) < rank(b) ? -1 : 1))
  const [first] = waiting
  return first === undefined || first.metadata.uid === uid ? undefined : first.metadata.name
}

/** The other snapshots of the instance that still have to do with its VM, whoever comes first. */
export function othersOf(snapshot: Snapshot, { snapshots: all }: Pick<Sources, 'snapshots'>): Other[] {
  const { namespace, uid } = snapshot.metadata
  return all
    .byIndex('instance', objectKey(namespace, snapshot.spec.instance))
    .filter((one) => one.metadata.uid !== uid && concernsVm(one))
    .map(({ metadata }) => ({ name: metadata.name, filter: blockNames(metadata.uid ?? '').filter }))
}

/** Under way comes before waiting, old before new. */
function rank({ metadata, status }: Snapshot): string {
  return [status?.source === undefined ? 1 : 0, metadata.creationTimestamp, metadata.name].join(' ')
}

const concernsVm = (snapshot: Snapshot): boolean =>
  endOf(snapshot) === undefined
    ? snapshot.metadata.deletionTimestamp === undefined || snapshot.status?.source !== undefined
    : snapshot.status?.conditions?.some(({ reason }) => reason === 'CleaningUp') === true

/** What the VM has booted, and what that was made from, the nearest first. */
export function lineageOf(
  instance: EphemeralInstance | undefined,
  { snapshots: all }: Pick<Sources, 'snapshots'>,
): Observed['lineage'] {
  const booted = instance?.status?.boot
  if (booted === undefined) return []
  const { kind, name, namespace, sha256 } = booted
  const parent = kind === snapshots.kind ? all.get(instance?.metadata.namespace, name) : undefined
  // A snapshot that was made anew under the name is another one.
  const further = parent?.status?.sha256 === sha256 ? (parent?.status?.lineage ?? []) : []
  const place = namespace === undefined ? {} : { namespace }
  return [{ kind, name, ...place, ...(sha256 === undefined ? {} : { sha256 }) }, ...further].slice(0, 32)
}

/** The least memory that the image asks for which the VM has booted: the first of the lineage, as the VM may be gone. */
export function inheritedMemoryOf(
  { metadata }: Snapshot,
  [booted]: Observed['lineage'],
  { snapshots: all, images }: Pick<Sources, 'snapshots' | 'images'>,
): string | undefined {
  if (booted === undefined) return undefined
  const stores: Readonly<Record<string, Store<Snapshot | BaseImage>>> = { Snapshot: all, BaseImage: images }
  return stores[booted.kind]?.get(booted.namespace ?? metadata.namespace, booted.name)?.status?.minMemory
}

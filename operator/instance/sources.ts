import type { BaseImage } from '../api/base-image.ts'
import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import type { Flavor } from '../api/flavor.ts'
import type { KeyPair } from '../api/key-pair.ts'
import type { SecurityGroup } from '../api/security-group.ts'
import type { Snapshot } from '../api/snapshot.ts'
import {
  type KubeObject,
  type Node,
  objectKey,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  type Service,
} from '../kube/object.ts'
import { byOwner, type IndexFunctions, type Store } from '../kube/store.ts'
import { instanceOfChild } from './children.ts'
import { shelvedOf } from './shelved.ts'

/** What the controller looks things up in; all kept current by watches. */
export type Sources = Readonly<{
  instances: Store<EphemeralInstance>
  flavors: Store<Flavor>
  keyPairs: Store<KeyPair>
  images: Store<BaseImage>
  snapshots: Store<Snapshot>
  claims: Store<PersistentVolumeClaim>
  volumes: Store<PersistentVolume>
  /** Only those that the operator made. */
  services: Store<Service>
  securityGroups: Store<SecurityGroup>
  /** Only what `slimNode` lets through. */
  nodes: Store<Node>
  /** Only the pods that carry the operator's label. */
  pods: Store<Pod>
}>

/** How instances are found by what they refer to. */
export const instanceIndexes: IndexFunctions<EphemeralInstance> = {
  owner: byOwner,
  flavor: ({ spec }) => (spec.flavor === undefined ? [] : [spec.flavor]),
  keyPair: ({ metadata, spec }) => spec.keyPairs?.flatMap((name) => named(metadata.namespace, name)) ?? [],
  claim: ({ metadata, spec }) => [
    ...named(metadata.namespace, spec.boot?.claim),
    ...named(metadata.namespace, spec.rescue?.claim),
  ],
  image: ({ metadata, spec }) => [
    ...named(spec.boot?.imageNamespace ?? metadata.namespace, spec.boot?.image),
    ...named(metadata.namespace, spec.rescue?.image),
  ],
  snapshot: ({ metadata, spec, status }) => [
    ...new Set([
      ...named(metadata.namespace, spec.boot?.snapshot),
      ...named(metadata.namespace, spec.rescue?.snapshot),
      ...named(metadata.namespace, shelvedOf({ spec, status })?.snapshot),
    ]),
  ],
  namespace: ({ metadata }) => [metadata.namespace ?? ''],
  securityGroup: ({ metadata, spec }) =>
    (spec.securityGroups ?? []).map((name) => objectKey(metadata.namespace, name)),
  volume: volumeKeysOf,
}

/** Keys of the claims that an instance has as volumes. */
export function volumeKeysOf({ metadata, spec }: EphemeralInstance): string[] {
  return (spec.volumes ?? []).map(({ claim }) => objectKey(metadata.namespace, claim))
}

const named = (namespace: string | undefined, name: string | undefined): string[] =>
  name === undefined ? [] : [objectKey(namespace, name)]

/** The key of the instance whose pod has this name, whoever it belongs to by now: one that is in the way matters, too. */
export function instanceOfPod({ metadata: { namespace, name } }: KubeObject): string[] {
  const instance = instanceOfChild(name)
  return instance === undefined ? [] : [objectKey(namespace, instance)]
}

import { resourceType } from '../kube/resource.ts'
import type { BaseImage } from './base-image.ts'
import type { EphemeralInstance } from './ephemeral-instance.ts'
import type { Flavor } from './flavor.ts'
import { group, version } from './group.ts'
import type { InstanceSet } from './instance-set.ts'
import type { KeyPair } from './key-pair.ts'
import type { SecurityGroup } from './security-group.ts'
import type { Snapshot } from './snapshot.ts'

/** EphemeralInstance as the API server serves it. */
export const ephemeralInstances = resourceType<EphemeralInstance>({
  group,
  version,
  kind: 'EphemeralInstance',
  plural: 'ephemeralinstances',
  namespaced: true,
})

/** Flavor as the API server serves it. */
export const flavors = resourceType<Flavor>({
  group,
  version,
  kind: 'Flavor',
  plural: 'flavors',
  namespaced: false,
})

/** KeyPair as the API server serves it. */
export const keyPairs = resourceType<KeyPair>({
  group,
  version,
  kind: 'KeyPair',
  plural: 'keypairs',
  namespaced: true,
})

/** Snapshot as the API server serves it. */
export const snapshots = resourceType<Snapshot>({
  group,
  version,
  kind: 'Snapshot',
  plural: 'snapshots',
  namespaced: true,
})

/** SecurityGroup as the API server serves it. */
export const securityGroupType = resourceType<SecurityGroup>({
  group,
  version,
  kind: 'SecurityGroup',
  plural: 'securitygroups',
  namespaced: true,
})

/** BaseImage as the API server serves it. */
export const baseImages = resourceType<BaseImage>({
  group,
  version,
  kind: 'BaseImage',
  plural: 'baseimages',
  namespaced: true,
})

/** InstanceSet as the API server serves it. */
export const instanceSets = resourceType<InstanceSet>({
  group,
  version,
  kind: 'InstanceSet',
  plural: 'instancesets',
  namespaced: true,
})

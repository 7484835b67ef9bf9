import type { EphemeralInstance } from '../../api/ephemeral-instance.ts'
import type { Booted } from '../../api/instance-status.ts'
import { snapshots } from '../../api/types.ts'
import { secretVolume } from '../../pod/restricted.ts'
import { childName } from '../children.ts'
import { shelvedOf } from '../shelved.ts'
import { type SeedSource, seedFileNames } from './seed.ts'

/** What an instance's seed is made of. */
export function seedSource(
  { metadata, spec, status }: EphemeralInstance,
  { kind, name, defaultUser }: Pick<Booted, 'kind' | 'name' | 'defaultUser'>,
  /** Public keys besides those in the spec. */
  moreKeys: readonly string[] = [],
): SeedSource {
  const { rebuildGeneration, userData, userDataFrom, networkData, metadata: words, seedFormat } = spec
  return {
    uid: metadata.uid ?? '',
    name: metadata.name,
    rebuildGeneration,
    sshAuthorizedKeys: [...moreKeys, ...spec.sshAuthorizedKeys],
    userData,
    userDataFrom,
    networkData,
    metadata: words,
    defaultUser,
    // What an instance was shelved in is its own disk: it is to stay who it was.
    isOfSnapshot: kind === snapshots.kind && name !== shelvedOf({ spec, status })?.snapshot,
    seedFormat,
  }
}

/** The volumes that the seed is put together from in the pod: our Secret, and the object of the user's that has the user-data. */
export function seedVolumes(instance: EphemeralInstance, boot: Booted) {
  const ours = secretVolume(
    'seed',
    childName(instance.metadata.name),
    seedFileNames(seedSource(instance, boot)),
  )
  const theirs = userDataVolume(instance)
  return theirs === undefined ? [ours] : [ours, theirs]
}

/** Where they are mounted. */
export function seedMounts({ spec }: EphemeralInstance) {
  const ours = { name: 'seed', mountPath: '/seed', readOnly: true }
  if (spec.userDataFrom === undefined) return [ours]
  return [ours, { name: 'user-data', mountPath: '/user-data', readOnly: true }]
}

/** What the runner is told of the seed. */
export function seedVariables({ spec }: EphemeralInstance): Readonly<Record<string, string>> {
  const { secretKeyRef, configMapKeyRef } = spec.userDataFrom ?? {}
  const from =
    secretKeyRef !== undefined
      ? `Secret ${secretKeyRef.name} with key ${secretKeyRef.key}`
      : configMapKeyRef !== undefined
        ? `ConfigMap ${configMapKeyRef.name} with key ${configMapKeyRef.key}`
        : undefined
  return {
    ...(from === undefined ? {} : { VM_USER_DATA_FROM: from }),
    ...(spec.seedFormat === 'ConfigDrive' ? { VM_SEED: 'configdrive' } : {}),
  }
}

/**
 * Optional: without it the pod starts all the same, and the runner says what is missing and waits. Were it not, the pod would
 * hang in ContainerCreating, and the kubelet would say why in an event alone.
 */
function userDataVolume({ spec }: EphemeralInstance) {
  const { secretKeyRef, configMapKeyRef } = spec.userDataFrom ?? {}
  const source = (key: string) => ({
    items: [{ key, path: 'user-data' }],
    defaultMode: 0o440,
    optional: true,
  })
  if (secretKeyRef !== undefined) {
    return { name: 'user-data', secret: { secretName: secretKeyRef.name, ...source(secretKeyRef.key) } }
  }
  if (configMapKeyRef === undefined) return undefined
  return { name: 'user-data', configMap: { name: configMapKeyRef.name, ...source(configMapKeyRef.key) } }
}

import type { EphemeralInstance } from '../../api/ephemeral-instance.ts'
import type { Booted } from '../../api/instance-status.ts'
import { controlSecretLine, nbdSecretLine } from '../../control/key.ts'
import type { Intent, Secret } from '../../kube/object.ts'
import { childMetadata } from '../children.ts'
import { seedFiles } from './seed.ts'
import { seedSource } from './seed-volume.ts'

/** Names of the files in an instance's Secret besides those of the seed; the pod mounts each in a place of its own. */
export const secretKeys = {
  controlKey: 'psk',
  nbdKeys: 'keys.psk',
} as const

/** What the pod needs and others must not read: the guest's seed and the control port's key. */
export function instanceSecret(
  instance: EphemeralInstance,
  masterKey: Uint8Array,
  boot: Booted,
  /** Public keys besides those in the spec. */
  moreKeys: readonly string[] = [],
): Intent<Secret> {
  const { uid = '' } = instance.metadata
  const seed = seedFiles(seedSource(instance, boot, moreKeys))
  const files = {
    ...seed,
    [secretKeys.controlKey]: controlSecretLine(masterKey, uid),
    [secretKeys.nbdKeys]: nbdSecretLine(masterKey, uid),
  }
  return {
    metadata: childMetadata(instance),
    type: 'Opaque',
    data: Object.fromEntries(
      Object.entries(files).map(([file, text]) => [file, Buffer.from(text).toString('base64')]),
    ),
  }
}

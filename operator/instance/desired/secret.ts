import type { EphemeralInstance } from '../../api/ephemeral-instance.ts'
import { controlSecretLine, nbdSecretLine } from '../../control/key.ts'
import type { Intent, Secret } from '../../kube/object.ts'
import { ownerReference } from '../../kube/owner.ts'
import { childLabels, childName } from '../children.ts'
import { seedFiles } from './seed.ts'

/** Names of the files in an instance's Secret; the pod mounts the first two in one place, the others in one each. */
export const secretKeys = {
  metaData: 'meta-data',
  userData: 'user-data',
  controlKey: 'psk',
  nbdKeys: 'keys.psk',
} as const

/** What the pod needs and others must not read: the guest's seed and the control port's key. */
export function instanceSecret(
  instance: EphemeralInstance,
  masterKey: Uint8Array,
  /** Public keys besides those in the spec. */
  moreKeys: readonly string[] = [],
): Intent<Secret> {
  const { name, namespace, uid = '' } = instance.metadata
  const seed = seedFiles({
    uid,
    name,
    rebuildGeneration: instance.spec.rebuildGeneration,
    sshAuthorizedKeys: [...moreKeys, ...instance.spec.sshAuthorizedKeys],
    userData: instance.spec.userData,
  })
  const files = {
    ...seed,
    [secretKeys.controlKey]: controlSecretLine(masterKey, uid),
    [secretKeys.nbdKeys]: nbdSecretLine(masterKey, uid),
  }
  return {
    metadata: {
      name: childName(name),
      ...(namespace === undefined ? {} : { namespace }),
      labels: childLabels(instance),
      ownerReferences: [ownerReference(instance, { namespace })],
    },
    type: 'Opaque',
    data: Object.fromEntries(
      Object.entries(files).map(([file, text]) => [file, Buffer.from(text).toString('base64')]),
    ),
  }
}

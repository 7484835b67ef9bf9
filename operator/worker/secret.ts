import { controlKey, controlSecretLine } from '../control/key.ts'
import type { Intent, KubeObject, Labels, Secret } from '../kube/object.ts'
import { ownerReference } from '../kube/owner.ts'

/** Names of the files in a worker's Secret. `psk` opens its control port, `keys.psk` NBD, `token` the upload. */
export const workerFiles = { control: 'psk', nbd: 'keys.psk', token: 'token' } as const

/** What the keys of one worker are derived from: another worker of the same owner has others. */
export const workerKeyId = (owner: KubeObject, name: string): string => `${owner.metadata.uid}/${name}`

/** The key of a worker's control port, as `ControlTarget` wants it. */
export const workerControlKey = (masterKey: Uint8Array, owner: KubeObject, name: string): string =>
  controlKey(masterKey, workerKeyId(owner, name))

export type WorkerSecretInput = Readonly<{
  owner: KubeObject
  /** Of the Secret and of the pod. */
  name: string
  labels: Labels
  masterKey: Uint8Array
  /** Besides the key of the control port. */
  files?: Readonly<Partial<Record<'keys.psk' | 'token', string>>>
}>

/** The Secret of a worker pod; it is deleted with the pod, before it. */
export function workerSecret({ owner, name, labels, masterKey, files }: WorkerSecretInput): Intent<Secret> {
  const { namespace } = owner.metadata
  const all = { [workerFiles.control]: controlSecretLine(masterKey, workerKeyId(owner, name)), ...files }
  return {
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      labels,
      ownerReferences: [ownerReference(owner, { namespace })],
    },
    type: 'Opaque',
    data: Object.fromEntries(
      Object.entries(all).map(([file, text]) => [file, Buffer.from(text).toString('base64')]),
    ),
  }
}

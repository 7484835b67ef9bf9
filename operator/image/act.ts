import type { BaseImage } from '../api/base-image.ts'
import { labels } from '../api/labels.ts'
import { baseImages } from '../api/types.ts'
import type { Config } from '../config.ts'
import type { Target } from '../kube/calls.ts'
import type { KubeClient } from '../kube/client.ts'
import { deleteVery } from '../kube/delete-very.ts'
import { isAlreadyExists } from '../kube/errors.ts'
import { addFinalizer, removeFinalizer } from '../kube/finalizer.ts'
import type { Intent, KubeObject, PersistentVolumeClaim, Pod } from '../kube/object.ts'
import { isControlledBy } from '../kube/owner.ts'
import { persistentVolumeClaims, pods, type ResourceType, secrets } from '../kube/resource.ts'
import { putSecret } from '../pod/put-secret.ts'
import { Refused, refusalOf } from '../pod/refused.ts'
import { imageFinalizer } from './children.ts'
import { contentClaim, contentSecret, contentWorker } from './desired.ts'
import type { Observed } from './observed.ts'
import type { Action } from './verdict.ts'

export type ActDependencies = Readonly<{
  client: KubeClient
  masterKey: Uint8Array
  config: Config
}>

/** Carries out the action of a verdict. Each may be done again without harm. Throws Refused, KubeError. */
export async function act(
  action: Action,
  observed: Observed,
  dependencies: ActDependencies,
  signal: AbortSignal,
): Promise<void> {
  const { image, wanted: name } = observed
  const { client, masterKey, config } = dependencies
  switch (action) {
    case 'protect':
      await addFinalizer(client, baseImages, image, imageFinalizer, { signal })
      return
    case 'release':
      await removeFinalizer(client, baseImages, image, imageFinalizer, { signal })
      return
    case 'createClaim':
      await createOurs(client, image, persistentVolumeClaims, contentClaim({ image, name }), signal)
      return
    case 'createWorker': {
      const { source } = observed
      if (source.kind !== 'ready') throw new TypeError(`image ${name} is made from what is not there`)
      const secret = contentSecret(image, name, masterKey)
      const outcome = await putSecret(client, image, secret, [labels.image, labels.managedBy], signal).catch(
        (error: unknown) => {
          throw refusalOf(error, "the worker's Secret")
        },
      )
      if (outcome !== 'done') throw taken('Secret', name)
      await createOurs(client, image, pods, contentWorker({ image, name, source, config }), signal)
    }
  }
}

/** Takes away a worker pod: after its Secret, which nobody would find any more without the pod. */
export async function removePod({ metadata }: Pod, client: KubeClient, signal: AbortSignal): Promise<void> {
  if (metadata.deletionTimestamp === undefined) await deleteVery(client, pods, metadata, metadata.uid, signal)
}

/** Takes away the Secret of a worker. Only for a name that was made for an image: Secrets are never looked at. */
export async function removeSecret(
  { namespace, name }: Target,
  client: KubeClient,
  signal: AbortSignal,
): Promise<void> {
  await deleteVery(client, secrets, { namespace, name }, undefined, signal)
}

export async function removeClaim(
  { metadata }: PersistentVolumeClaim,
  client: KubeClient,
  signal: AbortSignal,
): Promise<void> {
  await deleteVery(client, persistentVolumeClaims, metadata, metadata.uid, signal)
}

/** Makes it, or finds that it was made before and is not in the cache yet. */
async function createOurs<T extends KubeObject>(
  client: KubeClient,
  image: BaseImage,
  type: ResourceType<T>,
  intent: Intent<T>,
  signal: AbortSignal,
): Promise<void> {
  try {
    await client.create(type, intent, { signal })
    return
  } catch (error) {
    if (!isAlreadyExists(error)) throw refusalOf(error, `the image's ${type.kind}`)
  }
  const other = await client.find(type, intent.metadata, { signal })
  if (other === undefined || isControlledBy(other, image)) return
  throw taken(type.kind, intent.metadata.name)
}

const taken = (kind: string, name: string) =>
  new Refused(
    'NameTaken',
    `${kind} ${name} exists and does not belong to this image: delete it, or give the image another name.`,
  )

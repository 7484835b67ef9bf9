import type { BaseImage } from '../api/base-image.ts'
import { labels } from '../api/labels.ts'
import { baseImages } from '../api/types.ts'
import type { Config } from '../config.ts'
import type { KubeClient } from '../kube/client.ts'
import { deleteVery } from '../kube/delete-very.ts'
import { addFinalizer, removeFinalizer } from '../kube/finalizer.ts'
import type { PersistentVolumeClaim } from '../kube/object.ts'
import { isControlledBy } from '../kube/owner.ts'
import { persistentVolumeClaims, pods } from '../kube/resource.ts'
import { createOurs, nameTaken, type Whose } from '../pod/create-ours.ts'
import { putSecret } from '../pod/put-secret.ts'
import { refusalOf } from '../pod/refused.ts'
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
      await createOurs(client, persistentVolumeClaims, contentClaim({ image, name }), whose(image), signal)
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
      if (outcome !== 'done') throw nameTaken('Secret', name, whose(image))
      await createOurs(client, pods, contentWorker({ image, name, source, config }), whose(image), signal)
    }
  }
}

export async function removeClaim(
  { metadata }: PersistentVolumeClaim,
  client: KubeClient,
  signal: AbortSignal,
): Promise<void> {
  await deleteVery(client, persistentVolumeClaims, metadata, metadata.uid, signal)
}

const whose = (image: BaseImage): Whose => ({
  what: 'image',
  remedy: 'delete it, or give the image another name',
  isOurs: (object) => isControlledBy(object, image),
})

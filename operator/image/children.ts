import { createHash, createHmac } from 'node:crypto'
import type { BaseImage } from '../api/base-image.ts'
import { labels, labelValues } from '../api/labels.ts'
import { canonicalJson } from '../kube/json.ts'
import type { Labels } from '../kube/object.ts'

/** Keeps an image until nothing uses it any more. */
export const imageFinalizer = 'ephemera.dev/image-in-use'

/**
 * The name of the content that the spec asks for: of its claim, and while it is made of the worker pod and its Secret. What
 * is made from another source has another name, and so has what an image of the same name was made of before it was
 * deleted: nothing is ever written over.
 */
export function contentName({ metadata, spec }: Pick<BaseImage, 'metadata' | 'spec'>): string {
  const { source, storageClassName, capacity, importGeneration = 0 } = spec
  // Names of before there was this field stay as they are.
  const again = importGeneration === 0 ? {} : { importGeneration }
  const text = canonicalJson({
    uid: metadata.uid,
    source,
    storageClassName,
    capacity: String(capacity),
    ...again,
  })
  return `${metadata.name}-${createHash('sha256').update(text).digest('hex').slice(0, 8)}`
}

/** On the claims, pods and Secrets of an image. */
export function imageLabels(name: string): Labels {
  return {
    [labels.name]: labelValues.worker,
    [labels.managedBy]: labelValues.managedBy,
    [labels.image]: name,
  }
}

/** Whoever sends this to the worker may upload the content, hexadecimal. */
export function uploadToken(masterKey: Uint8Array, { metadata: { uid } }: BaseImage, name: string): string {
  return createHmac('sha256', masterKey).update(`upload/${uid}/${name}`).digest('hex')
}

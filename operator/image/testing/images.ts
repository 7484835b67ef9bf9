import type { BaseImage } from '../../api/base-image.ts'
import { baseImages } from '../../api/types.ts'
import type { Lab } from '../../instance/testing/lab.ts'
import { findCondition } from '../../kube/conditions.ts'
import { type KubeObject, splitKey } from '../../kube/object.ts'
import { controllerOf } from '../../kube/owner.ts'
import { persistentVolumeClaims, pods, secrets } from '../../kube/resource.ts'
import { contentName } from '../children.ts'

/** The image of every path. */
export const name = 'debian'

export type Spec = Partial<BaseImage['spec']>

export const url = 'https://images.example.org/debian.qcow2'

/** Makes an image from a URL, or from what `spec` says. */
export function create(lab: Lab, spec: Spec = {}): Promise<BaseImage> {
  const intent = { metadata: { name, namespace: lab.name }, spec: { source: { http: { url } }, ...spec } }
  return lab.client.create(baseImages, intent as BaseImage)
}

export const change = (lab: Lab, spec: object) =>
  lab.client.mergePatch(baseImages, { namespace: lab.name, name }, { spec })

export const remove = (lab: Lab) => lab.client.delete(baseImages, { namespace: lab.name, name })

export const get = (lab: Lab): Promise<BaseImage | undefined> =>
  lab.client.find(baseImages, { namespace: lab.name, name })

/** The key of the content that the image asks for now: of its claim, its worker pod and that one's Secret. */
export async function content(lab: Lab): Promise<string> {
  const image = await lab.client.get(baseImages, { namespace: lab.name, name })
  return `${lab.name}/${contentName(image)}`
}

export async function worker(lab: Lab) {
  return lab.client.find(pods, splitKey(await content(lab)) as { namespace: string; name: string })
}

export async function claim(lab: Lab) {
  return lab.client.find(
    persistentVolumeClaims,
    splitKey(await content(lab)) as { namespace: string; name: string },
  )
}

/** In this phase and for this reason, for the spec as it is, with no worker left. */
export async function isSettled(lab: Lab, phase: string, reason?: string): Promise<boolean> {
  const image = await get(lab)
  if (image?.status?.phase !== phase || image.status.observedGeneration !== image.metadata.generation)
    return false
  if (reason !== undefined && findCondition(image.status.conditions, 'Ready')?.reason !== reason) return false
  return (await leftOvers(lab)).every((what) => what === 'PersistentVolumeClaim')
}

/** Waits until the image is in this phase, and why. */
export function reaches(lab: Lab, phase: string, reason?: string): Promise<BaseImage> {
  return lab.until(`the image to be ${phase} ${reason ?? ''}`, async () => {
    const image = await get(lab)
    const is = findCondition(image?.status?.conditions, 'Ready')?.reason
    const isNow = image?.status?.observedGeneration === image?.metadata.generation
    return image?.status?.phase === phase && isNow && (reason === undefined || is === reason) && image
  })
}

/** Kinds of what there is for the image. */
export async function leftOvers(lab: Lab): Promise<string[]> {
  const here = { namespace: lab.name }
  const isOfImage = (object: KubeObject) => controllerOf(object)?.kind === baseImages.kind
  const lists = await Promise.all([
    lab.client.list(pods, here),
    lab.client.list(secrets, here),
    lab.client.list(persistentVolumeClaims, here),
  ])
  return lists.flatMap(({ items }) =>
    (items as readonly KubeObject[]).filter(isOfImage).map(({ kind }) => kind),
  )
}

/** Everything in a lab that matters for images, without what differs from run to run. */
export async function print(lab: Lab) {
  const image = await get(lab)
  const { conditions, importedAt, importMs, import: work, ...status } = image?.status ?? {}
  const plain = JSON.stringify({
    image: image === undefined ? 'gone' : { ...status, finalizers: image.metadata.finalizers },
    hasTimes: importedAt !== undefined && importMs !== undefined,
    work: work === undefined ? 'none' : { failures: work.failures, reason: work.lastFailure?.reason },
    conditions: conditions?.map(({ type, status: is, reason, message }) => [type, is, reason, message]),
    left: (await leftOvers(lab)).sort(),
  })
  return JSON.parse(
    plain.replace(new RegExp(`${name}-[0-9a-f]{8}`, 'g'), 'CONTENT').replaceAll(lab.name, 'LAB'),
  )
}

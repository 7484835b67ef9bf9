import type { BaseImage } from '../api/base-image.ts'
import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import type { Snapshot } from '../api/snapshot.ts'
import { baseImages, ephemeralInstances, snapshots } from '../api/types.ts'
import {
  type KubeObject,
  keyOf,
  objectKey,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
} from '../kube/object.ts'
import { controllerOf } from '../kube/owner.ts'
import type { IndexFunctions, Store } from '../kube/store.ts'

/** What the controller looks things up in; all kept current by watches. */
export type Sources = Readonly<{
  images: Store<BaseImage>
  instances: Store<EphemeralInstance>
  snapshots: Store<Snapshot>
  claims: Store<PersistentVolumeClaim>
  volumes: Store<PersistentVolume>
  pods: Store<Pod>
}>

/** How images are found by what they are made from. */
export const imageIndexes: IndexFunctions<BaseImage> = {
  claim: ({ metadata, spec }) => inNamespace(metadata.namespace, spec.source?.claim?.name),
  snapshot: ({ metadata, spec }) => inNamespace(metadata.namespace, spec.source?.snapshot?.name),
}

const inNamespace = (namespace: string | undefined, name: string | undefined): string[] =>
  name === undefined ? [] : [objectKey(namespace, name)]

/** The key of the image that controls an object, if one does. */
export function imageOf(object: KubeObject): string[] {
  const owner = controllerOf(object)
  return owner?.kind === baseImages.kind ? [objectKey(object.metadata.namespace, owner.name)] : []
}

/** The key of the image that a VM boots from, or would, if it is of the same namespace: others have a copy of their own. */
export function imageOfInstance({ metadata, spec }: EphemeralInstance): string[] {
  const { image, imageNamespace = metadata.namespace } = spec.boot ?? {}
  return imageNamespace === metadata.namespace ? inNamespace(imageNamespace, image) : []
}

/** Keys of the images whose claims a pod mounts. */
export function imagesOfPod(
  { metadata: { namespace }, spec }: Pod,
  claims: Store<PersistentVolumeClaim>,
): string[] {
  return (spec.volumes ?? []).flatMap(({ persistentVolumeClaim: mounted }) => {
    const claim = mounted === undefined ? undefined : claims.get(namespace, mounted.claimName)
    return claim === undefined ? [] : imageOf(claim)
  })
}

/** What keeps this image from being removed, in the order of their names. */
export function usersOf(image: BaseImage, owned: readonly PersistentVolumeClaim[], sources: Sources) {
  const users = new Map<string, { kind: string; name: string }>()
  const add = (kind: string, name: string) => users.set(`${kind}/${name}`, { kind, name })
  for (const { metadata } of near(image, sources)) add(ephemeralInstances.kind, metadata.name)
  for (const claim of owned) {
    for (const pod of podsOf(image, claim, sources)) {
      const owner = controllerOf(pod)
      if (
        owner?.kind === ephemeralInstances.kind ||
        owner?.kind === snapshots.kind ||
        owner?.kind === baseImages.kind
      )
        add(owner.kind, owner.name)
      else add('Pod', pod.metadata.name)
    }
  }
  return [...users].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, user]) => user)
}

/** Names of those claims that something mounts, or that the status of a VM still names. */
export function claimsInUse(image: BaseImage, owned: readonly PersistentVolumeClaim[], sources: Sources) {
  const named = near(image, sources).flatMap(({ status }) => status?.boot?.claim ?? [])
  const mounted = owned
    .filter((claim) => podsOf(image, claim, sources).length > 0)
    .map(({ metadata }) => metadata.name)
  return new Set([...named, ...mounted])
}

/** The VMs of the image's own namespace that boot it. */
const near = (image: BaseImage, { instances }: Sources): EphemeralInstance[] =>
  instances
    .byIndex('image', keyOf(image))
    .filter(({ metadata }) => metadata.namespace === image.metadata.namespace)

/** Pods that mount a claim, but for the image's own workers. */
function podsOf(image: BaseImage, claim: PersistentVolumeClaim, { pods }: Sources): Pod[] {
  return pods.byIndex('claim', keyOf(claim)).filter((pod) => controllerOf(pod)?.uid !== image.metadata.uid)
}

import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import type { Flavor } from '../api/flavor.ts'
import { labels } from '../api/labels.ts'
import { type KubeObject, objectKey, type PersistentVolumeClaim, type Pod } from '../kube/object.ts'
import { controllerOf } from '../kube/owner.ts'
import type { IndexFunctions, Store } from '../kube/store.ts'

/** What the controller looks things up in; all kept current by watches. */
export type Sources = Readonly<{
  instances: Store<EphemeralInstance>
  flavors: Store<Flavor>
  claims: Store<PersistentVolumeClaim>
  /** Only the pods that carry the operator's label. */
  pods: Store<Pod>
}>

/** How instances are found by what they refer to. */
export const instanceIndexes: IndexFunctions<EphemeralInstance> = {
  flavor: ({ spec }) => (spec.flavor === undefined ? [] : [spec.flavor]),
  claim: ({ metadata, spec }) =>
    spec.boot?.claim === undefined ? [] : [objectKey(metadata.namespace, spec.boot.claim)],
}

/** The key of the instance that a pod belongs to: by its owner, or by its label where it has none any more. */
export function instanceOfPod(pod: KubeObject): string[] {
  const owner = controllerOf(pod)
  const name = owner === undefined ? pod.metadata.labels?.[labels.instance] : owner.name
  if (name === undefined || (owner !== undefined && owner.kind !== 'EphemeralInstance')) return []
  return [objectKey(pod.metadata.namespace, name)]
}

/**
 * Kubernetes objects as plain JSON: exactly what the API server sends. The generated classes of client-node are not
 * used at run time, since they turn timestamps into Dates and drop each field that they do not know.
 */
import type {
  CoreV1Event,
  EventsV1Event,
  V1ConfigMap,
  V1LeaseSpec,
  V1NetworkPolicySpec,
  V1NodeSpec,
  V1NodeStatus,
  V1PersistentVolumeClaimSpec,
  V1PersistentVolumeClaimStatus,
  V1PersistentVolumeSpec,
  V1PodDisruptionBudgetSpec,
  V1PodSpec,
  V1PodStatus,
  V1ServiceSpec,
  V1ServiceStatus,
  V1SubjectAccessReviewSpec,
  V1SubjectAccessReviewStatus,
} from '@kubernetes/client-node'

/** A generated type as the JSON it stands for: Dates are strings, and everything is read-only, as in the store. */
export type Plain<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Plain<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: Plain<T[Key]> }
      : T

export type Labels = Readonly<Record<string, string>>

export type OwnerReference = Readonly<{
  apiVersion: string
  kind: string
  name: string
  uid: string
  controller?: boolean
  blockOwnerDeletion?: boolean
}>

/** Timestamps are RFC 3339 strings. `uid`, `resourceVersion` and the like are set by the API server only. */
export type ObjectMeta = Readonly<{
  name: string
  namespace?: string
  uid?: string
  resourceVersion?: string
  generation?: number
  creationTimestamp?: string
  deletionTimestamp?: string
  deletionGracePeriodSeconds?: number
  labels?: Labels
  annotations?: Labels
  ownerReferences?: readonly OwnerReference[]
  finalizers?: readonly string[]
}>

/** What every object has. The client fills in `apiVersion` and `kind`, which the API server leaves out of list items. */
export type KubeObject = Readonly<{ apiVersion: string; kind: string; metadata: ObjectMeta }>

/** The fields of an object that one wants to own or create: whatever is left out stays as it is, or gets its default. */
export type Intent<T extends KubeObject> = Partial<Omit<T, 'metadata'>> & { readonly metadata: ObjectMeta }

export type Pod = KubeObject & Readonly<{ spec: Plain<V1PodSpec>; status?: Plain<V1PodStatus> }>
export type Node = KubeObject & Readonly<{ spec?: Plain<V1NodeSpec>; status?: Plain<V1NodeStatus> }>
export type Secret = KubeObject &
  Readonly<{ type?: string; immutable?: boolean; data?: Labels; stringData?: Labels }>
export type ConfigMap = KubeObject & Readonly<Pick<Plain<V1ConfigMap>, 'data' | 'binaryData' | 'immutable'>>
export type Namespace = KubeObject & Readonly<{ status?: Readonly<{ phase?: string }> }>
export type PersistentVolumeClaim = KubeObject &
  Readonly<{ spec?: Plain<V1PersistentVolumeClaimSpec>; status?: Plain<V1PersistentVolumeClaimStatus> }>
export type PersistentVolume = KubeObject & Readonly<{ spec?: Plain<V1PersistentVolumeSpec> }>
export type Service = KubeObject & Readonly<{ spec?: Plain<V1ServiceSpec>; status?: Plain<V1ServiceStatus> }>
export type NetworkPolicy = KubeObject & Readonly<{ spec?: Plain<V1NetworkPolicySpec> }>
export type PodDisruptionBudget = KubeObject & Readonly<{ spec?: Plain<V1PodDisruptionBudgetSpec> }>
export type Lease = KubeObject & Readonly<{ spec?: Plain<V1LeaseSpec> }>
/** A question about somebody's rights: the answer to its creation holds the status, and nothing is stored. */
export type SubjectAccessReview = KubeObject &
  Readonly<{ spec?: Plain<V1SubjectAccessReviewSpec>; status?: Plain<V1SubjectAccessReviewStatus> }>
/** An event of events.k8s.io/v1. */
export type Event = KubeObject & Readonly<Omit<Plain<EventsV1Event>, 'apiVersion' | 'kind' | 'metadata'>>
/** The same event as the core/v1 API shows it (field selector `involvedObject.*`). */
export type CoreEvent = KubeObject & Readonly<Omit<Plain<CoreV1Event>, 'apiVersion' | 'kind' | 'metadata'>>

/** The name that logs and the store use: `namespace/name`, or `name` for objects of the cluster. */
export function keyOf(object: { readonly metadata: Pick<ObjectMeta, 'name' | 'namespace'> }): string {
  return objectKey(object.metadata.namespace, object.metadata.name)
}

/** The key of `keyOf` from its parts. */
export function objectKey(namespace: string | undefined, name: string): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`
}

/** The parts of a key of `keyOf`; `namespace` is absent for objects of the cluster. */
export function splitKey(key: string): { namespace?: string; name: string } {
  const slash = key.indexOf('/')
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}

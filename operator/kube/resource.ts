import type {
  ConfigMap,
  CoreEvent,
  Event,
  KubeObject,
  Lease,
  Namespace,
  NetworkPolicy,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  Secret,
  Service,
  SubjectAccessReview,
} from './object.ts'

declare const objectType: unique symbol

/** One kind of object as the API server serves it, and in the type system the shape of its objects. */
export type ResourceType<T extends KubeObject> = Readonly<{
  /** Empty for the core group. */
  group: string
  version: string
  /** `version` or `group/version`. */
  apiVersion: string
  kind: string
  plural: string
  namespaced: boolean
  [objectType]?: T
}>

/** Any resource type, where the shape of the objects does not matter. */
export type AnyResourceType = Omit<ResourceType<KubeObject>, typeof objectType>

export function resourceType<T extends KubeObject>(
  definition: Omit<AnyResourceType, 'apiVersion'>,
): ResourceType<T> {
  const { group, version } = definition
  return Object.freeze({ ...definition, apiVersion: group === '' ? version : `${group}/${version}` })
}

const core = { group: '', version: 'v1' }

export const pods = resourceType<Pod>({ ...core, kind: 'Pod', plural: 'pods', namespaced: true })
export const secrets = resourceType<Secret>({ ...core, kind: 'Secret', plural: 'secrets', namespaced: true })
export const configMaps = resourceType<ConfigMap>({
  ...core,
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
})
export const nodes = resourceType<Node>({ ...core, kind: 'Node', plural: 'nodes', namespaced: false })
export const namespaces = resourceType<Namespace>({
  ...core,
  kind: 'Namespace',
  plural: 'namespaces',
  namespaced: false,
})
export const persistentVolumeClaims = resourceType<PersistentVolumeClaim>({
  ...core,
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  namespaced: true,
})
export const persistentVolumes = resourceType<PersistentVolume>({
  ...core,
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  namespaced: false,
})
export const services = resourceType<Service>({
  ...core,
  kind: 'Service',
  plural: 'services',
  namespaced: true,
})
export const networkPolicies = resourceType<NetworkPolicy>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
  namespaced: true,
})
export const podDisruptionBudgets = resourceType<PodDisruptionBudget>({
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  namespaced: true,
})
export const coreEvents = resourceType<CoreEvent>({
  ...core,
  kind: 'Event',
  plural: 'events',
  namespaced: true,
})
export const events = resourceType<Event>({
  group: 'events.k8s.io',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  namespaced: true,
})
export const subjectAccessReviews = resourceType<SubjectAccessReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SubjectAccessReview',
  plural: 'subjectaccessreviews',
  namespaced: false,
})
export const leases = resourceType<Lease>({
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
})

/**
 * The path of a collection or an object. Without a namespace, the path of a namespaced kind spans all namespaces,
 * which only a list or a watch may use.
 */
export function resourcePath(
  type: AnyResourceType,
  target: { readonly namespace?: string; readonly name?: string; readonly subresource?: string } = {},
): string {
  const root = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`
  const namespace =
    type.namespaced && target.namespace !== undefined
      ? `/namespaces/${encodeURIComponent(target.namespace)}`
      : ''
  if (type.namespaced && namespace === '' && target.name !== undefined)
    throw new TypeError(`${type.kind} ${target.name} needs a namespace`)
  const name = target.name === undefined ? '' : `/${encodeURIComponent(target.name)}`
  const subresource = target.subresource === undefined ? '' : `/${target.subresource}`
  return `${root}${namespace}/${type.plural}${name}${subresource}`
}

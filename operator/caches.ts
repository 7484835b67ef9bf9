import { labels, labelValues } from './api/labels.ts'
import {
  baseImages,
  ephemeralInstances,
  flavors,
  instanceSets,
  keyPairs,
  securityGroupType,
  snapshots,
} from './api/types.ts'
import { copiedObject, servedObject } from './copy/record.ts'
import { imageIndexes } from './image/sources.ts'
import { instanceIndexes } from './instance/sources.ts'
import type { KubeClient } from './kube/client.ts'
import type { Clock } from './kube/clock.ts'
import { objectKey, type Pod } from './kube/object.ts'
import { Reflector } from './kube/reflector.ts'
import {
  networkPolicies,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  podDisruptionBudgets,
  pods,
  services,
} from './kube/resource.ts'
import { byOwner, type IndexFunction } from './kube/store.ts'
import type { Emit, KubeTelemetry } from './kube/telemetry.ts'
import { slimNode } from './slim-node.ts'
import { slimPod } from './slim-pod.ts'
import { snapshotIndexes } from './snapshot/sources.ts'

const ofOperator = `${labels.managedBy}=${labelValues.managedBy}`

/** What the operator keeps up with. Each kind once, whichever controllers look at it. */
export type Caches = ReturnType<typeof openCaches>

/** The caches of one process, still empty: `run` each of `reflectorsOf`. */
export function openCaches(options: { client: KubeClient; emit: Emit<KubeTelemetry>; clock?: Clock }) {
  return {
    instances: new Reflector({ ...options, type: ephemeralInstances, indexes: instanceIndexes }),
    sets: new Reflector({ ...options, type: instanceSets }),
    flavors: new Reflector({ ...options, type: flavors }),
    keyPairs: new Reflector({ ...options, type: keyPairs }),
    images: new Reflector({ ...options, type: baseImages, indexes: imageIndexes }),
    snapshots: new Reflector({ ...options, type: snapshots, indexes: snapshotIndexes }),
    claims: new Reflector({
      ...options,
      type: persistentVolumeClaims,
      indexes: { owner: byOwner, copyOf: copiedObject },
    }),
    volumes: new Reflector({ ...options, type: persistentVolumes }),
    /** Only those that the operator made. */
    services: new Reflector({ ...options, type: services, labelSelector: ofOperator }),
    policies: new Reflector({ ...options, type: networkPolicies, labelSelector: ofOperator }),
    securityGroups: new Reflector({ ...options, type: securityGroupType }),
    budgets: new Reflector({ ...options, type: podDisruptionBudgets, labelSelector: ofOperator }),
    nodes: new Reflector({ ...options, type: nodes, transform: slimNode }),
    /** Only the pods that carry the operator's label, and of those only what `slimPod` lets through. */
    pods: new Reflector({
      ...options,
      type: pods,
      labelSelector: ofOperator,
      indexes: { claim: claimsOfPod, copyFor: servedObject, owner: byOwner, node: nodeOfPod },
      transform: slimPod,
    }),
  } as const
}

/** All of them, for the manager. */
export const reflectorsOf = (caches: Caches) => Object.values(caches)

const nodeOfPod: IndexFunction<Pod> = ({ spec }) => (spec.nodeName === undefined ? [] : [spec.nodeName])

/** Keys of the claims that a pod mounts. */
export const claimsOfPod: IndexFunction<Pod> = ({ metadata, spec }) =>
  spec.volumes?.flatMap(({ persistentVolumeClaim }) =>
    persistentVolumeClaim === undefined
      ? []
      : [objectKey(metadata.namespace, persistentVolumeClaim.claimName)],
  ) ?? []

import { labels, labelValues } from './api/labels.ts'
import { baseImages, ephemeralInstances, flavors, snapshots } from './api/types.ts'
import { instanceIndexes } from './instance/sources.ts'
import type { KubeClient } from './kube/client.ts'
import { objectKey, type Pod } from './kube/object.ts'
import { Reflector } from './kube/reflector.ts'
import { persistentVolumeClaims, pods } from './kube/resource.ts'
import type { IndexFunction } from './kube/store.ts'
import type { Emit, KubeTelemetry } from './kube/telemetry.ts'

/** What the operator keeps up with. Each kind once, whichever controllers look at it. */
export type Caches = ReturnType<typeof openCaches>

/** The caches of one process, still empty: `run` each of `reflectorsOf`. */
export function openCaches({ client, emit }: { client: KubeClient; emit: Emit<KubeTelemetry> }) {
  return {
    instances: new Reflector({ client, emit, type: ephemeralInstances, indexes: instanceIndexes }),
    flavors: new Reflector({ client, emit, type: flavors }),
    images: new Reflector({ client, emit, type: baseImages }),
    snapshots: new Reflector({ client, emit, type: snapshots }),
    claims: new Reflector({ client, emit, type: persistentVolumeClaims }),
    /** Only the pods that carry the operator's label. */
    pods: new Reflector({
      client,
      emit,
      type: pods,
      labelSelector: `${labels.managedBy}=${labelValues.managedBy}`,
      indexes: { claim: claimsOfPod },
    }),
  } as const
}

/** All of them, for the manager. */
export const reflectorsOf = (caches: Caches) => Object.values(caches)

/** Keys of the claims that a pod mounts. */
const claimsOfPod: IndexFunction<Pod> = ({ metadata, spec }) =>
  spec.volumes?.flatMap(({ persistentVolumeClaim }) =>
    persistentVolumeClaim === undefined
      ? []
      : [objectKey(metadata.namespace, persistentVolumeClaim.claimName)],
  ) ?? []

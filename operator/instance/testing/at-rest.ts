import { labels, labelValues } from '../../api/labels.ts'
import { baseImages, ephemeralInstances, instanceSets, snapshots } from '../../api/types.ts'
import { sameJson } from '../../kube/json.ts'
import type { KubeObject } from '../../kube/object.ts'
import { persistentVolumeClaims, pods, type ResourceType } from '../../kube/resource.ts'
import type { Store } from '../../kube/store.ts'
import type { Lab } from './lab.ts'
import type { TestOperator } from './operator.ts'

/**
 * Waits until an operator knows all that there is and has nothing to do about it, and the kubelet neither: whoever is idle for a
 * moment only may not have heard yet of what makes him write again.
 */
export async function atRest(lab: Lab, operator: TestOperator): Promise<void> {
  const { kubelet } = lab.world
  const { caches, client } = operator
  const ofOperator = { labelSelector: `${labels.managedBy}=${labelValues.managedBy}` }
  const known: readonly (readonly [ResourceType<KubeObject>, Store<KubeObject>, object?])[] = [
    [ephemeralInstances, caches.instances.store],
    [instanceSets, caches.sets.store],
    [baseImages, caches.images.store],
    [snapshots, caches.snapshots.store],
    [persistentVolumeClaims, caches.claims.store],
    [pods, caches.pods.store, ofOperator],
    [pods, kubelet.store],
  ]
  const knows = async ([type, store, selected = {}]: (typeof known)[number]) => {
    const { items } = await lab.client.list(type, { namespace: lab.name, ...selected })
    const cached = store.list().filter(({ metadata }) => metadata.namespace === lab.name)
    return sameJson(versions(items), versions(cached))
  }
  await lab.until('the operator and the kubelet to be at rest', async () => {
    const before = client.writes.length
    const all = await Promise.all(known.map(knows))
    return all.every(Boolean) && operator.isIdle && kubelet.isIdle && client.writes.length === before
  })
}

const versions = (objects: readonly KubeObject[]) =>
  Object.fromEntries(objects.map(({ metadata: { name, resourceVersion } }) => [name, resourceVersion]))

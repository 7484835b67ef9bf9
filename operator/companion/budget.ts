import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import { labels, labelValues } from '../api/labels.ts'
import { childLabels, childName } from '../instance/children.ts'
import type { Intent, PodDisruptionBudget } from '../kube/object.ts'
import { ownerReference } from '../kube/owner.ts'

/** What keeps a VM from being evicted, where `eviction` is Block: of one VM, one has to be there. */
export function blockingBudget(instance: EphemeralInstance): Intent<PodDisruptionBudget> | undefined {
  const { name, namespace } = instance.metadata
  if (instance.spec.eviction !== 'Block') return undefined
  return {
    metadata: {
      name: childName(name),
      ...(namespace === undefined ? {} : { namespace }),
      labels: childLabels(instance),
      ownerReferences: [ownerReference(instance, { namespace })],
    },
    spec: {
      minAvailable: 1,
      selector: { matchLabels: { [labels.name]: labelValues.name, [labels.instance]: name } },
    },
  }
}

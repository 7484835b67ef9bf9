import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import { labels, labelValues } from '../api/labels.ts'
import { childMetadata } from '../instance/children.ts'
import type { Intent, PodDisruptionBudget } from '../kube/object.ts'

/** What keeps a VM from being evicted, where `eviction` is Block: of one VM, one has to be there. */
export function blockingBudget(instance: EphemeralInstance): Intent<PodDisruptionBudget> | undefined {
  const { name } = instance.metadata
  if (instance.spec.eviction !== 'Block') return undefined
  return {
    metadata: childMetadata(instance),
    spec: {
      minAvailable: 1,
      selector: { matchLabels: { [labels.name]: labelValues.name, [labels.instance]: name } },
    },
  }
}

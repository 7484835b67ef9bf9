import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import { labels, labelValues } from '../api/labels.ts'
import { childMetadata } from '../instance/children.ts'
import { isRelocating } from '../instance/relocating.ts'
import type { Intent, PodDisruptionBudget } from '../kube/object.ts'

/**
 * What keeps a VM from being evicted, where `eviction` asks for that: of one VM, one has to be there. Under SnapshotThenRecreate
 * there is none from the moment on at which the disk is kept until another pod is there.
 */
export function blockingBudget(instance: EphemeralInstance): Intent<PodDisruptionBudget> | undefined {
  const { name } = instance.metadata
  const { eviction = 'Recreate' } = instance.spec
  if (eviction === 'Recreate' || (eviction === 'SnapshotThenRecreate' && isRelocating(instance)))
    return undefined
  return {
    metadata: childMetadata(instance),
    spec: {
      minAvailable: 1,
      selector: { matchLabels: { [labels.name]: labelValues.name, [labels.instance]: name } },
    },
  }
}

import { z } from 'zod'

/** What becomes of a VM whose node is drained. */
export const eviction = z
  .enum(['Recreate', 'Block', 'SnapshotThenRecreate'])
  .describe(
    'What happens when the node of the VM is drained (kubectl drain, or a cluster autoscaler). Recreate: the VM goes, and a fresh one starts on another node. Block: a PodDisruptionBudget keeps the VM where it is, the drain waits, and the condition DrainBlocked says so. SnapshotThenRecreate: once its node is cordoned the VM is kept in a Snapshot, which a PodDisruptionBudget lets the drain wait for, and starts from it on another node; the Snapshot goes with the instance. Default Recreate. Takes effect at once.',
  )

/** What becomes of a VM whose node is drained. */
export type Eviction = z.infer<typeof eviction>

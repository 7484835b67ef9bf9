import type { KubeClient } from '../kube/client.ts'
import { deleteVery } from '../kube/delete-very.ts'
import type { Pod } from '../kube/object.ts'
import { pods, secrets } from '../kube/resource.ts'

/** Takes away a worker pod, and before it its Secret, which nobody would find any more without the pod. */
export async function removeWorker(
  { metadata }: Pod,
  client: KubeClient,
  signal: AbortSignal,
): Promise<void> {
  await deleteVery(client, secrets, metadata, undefined, signal)
  await deleteVery(client, pods, metadata, metadata.uid, signal)
}

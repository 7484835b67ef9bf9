import type { Target } from '../kube/calls.ts'
import type { KubeClient } from '../kube/client.ts'
import { deleteVery } from '../kube/delete-very.ts'
import { pods, secrets } from '../kube/resource.ts'

/**
 * Takes away a worker pod, and before it its Secret, which nobody would find any more without the pod. With a UID only that
 * very pod. Throws KubeError.
 */
export async function removeWorker(
  pod: Target & Readonly<{ uid?: string }>,
  client: KubeClient,
  signal: AbortSignal,
): Promise<void> {
  await removeWorkerSecret(pod, client, signal)
  await deleteVery(client, pods, pod, pod.uid, signal)
}

/** Takes away the Secret of a worker. Only for a name that was made for one: Secrets are never looked at. Throws KubeError. */
export async function removeWorkerSecret(
  target: Target,
  client: KubeClient,
  signal: AbortSignal,
): Promise<void> {
  await deleteVery(client, secrets, target, undefined, signal)
}

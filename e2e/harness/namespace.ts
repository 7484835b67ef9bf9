import type { KubeObject } from '../../operator/kube/object.ts'
import { namespaces } from '../../operator/kube/resource.ts'
import { client } from './client.ts'
import { waitFor } from './wait-for.ts'

/** Makes a namespace that admits nothing but restricted pods. One that an interrupted run left behind goes first. */
export async function makeNamespace(name: string): Promise<void> {
  if ((await client.find(namespaces, { name })) !== undefined) {
    await deleteNamespace(name)
    await waitFor(
      `namespace ${name} of an earlier run to go`,
      120,
      () => client.find(namespaces, { name }),
      (found) => found === undefined,
    )
  }
  await client.create(namespaces, {
    metadata: { name, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
  } satisfies Pick<KubeObject, 'metadata'>)
}

/** Starts the deletion; the VMs in it are powered down meanwhile. */
export function deleteNamespace(name: string): Promise<void> {
  return client.delete(namespaces, { name })
}

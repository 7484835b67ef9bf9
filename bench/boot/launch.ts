import { client } from '../../e2e/harness/client.ts'
import { kubectl } from '../../e2e/harness/kubectl.ts'
import { waitFor } from '../../e2e/harness/wait-for.ts'
import type { Pod } from '../../operator/kube/object.ts'
import { pods } from '../../operator/kube/resource.ts'
import { bannerAt } from './banner.ts'
import { timeOf } from './time-of.ts'

const bootSeconds = 180

/** A VM on its way: its pod has an address. `began` is when it was applied (Date.now). */
export type Launched = Readonly<{ pod: Pod; uid: string; began: number }>

/**
 * Applies, and waits for the pod's address, which is learnt from a watch of the namespace's pods: the same for whoever makes
 * the pod.
 */
export async function launch(
  namespace: string,
  podName: string,
  apply: () => Promise<unknown>,
): Promise<Launched> {
  const { resourceVersion } = await client.list(pods, { namespace })
  const abort = new AbortController()
  const addressed = firstWithAddress(namespace, podName, resourceVersion, abort)
  addressed.catch(() => {})
  const began = Date.now()
  try {
    await apply()
    const pod = await addressed
    return { pod, uid: pod.metadata.uid ?? '', began }
  } finally {
    abort.abort()
  }
}

/** How long after the apply the guest's SSH server spoke at the pod's address, in ms. */
export async function toSsh({ pod, began }: Launched): Promise<number> {
  return (await bannerAt(pod.status?.podIP ?? '', bootSeconds)) - began
}

/**
 * How long after the apply the guest's processors ran, in ms: by the flag file of the runner, whose time the kernel wrote, so
 * nothing needs to be polled. To be asked when the guest answers. Nodes elsewhere need a clock that agrees with this one's.
 */
export async function toQemu({ pod, began }: Launched): Promise<number> {
  const { name, namespace = '' } = pod.metadata
  const look = ['stat', '-c', '%z', '/run/vm/www/started']
  return timeOf(await kubectl(['exec', '-n', namespace, name, '--', ...look])) - began
}

/** Waits until a deleted pod is no more. */
export async function gone(namespace: string, name: string): Promise<void> {
  const look = () => client.find(pods, { namespace, name })
  await waitFor(`pod ${name} to be gone`, 60, look, (found) => found === undefined)
}

async function firstWithAddress(
  namespace: string,
  name: string,
  resourceVersion: string,
  { signal }: AbortController,
): Promise<Pod> {
  const options = { namespace, resourceVersion, timeoutSeconds: bootSeconds, signal }
  for await (const event of client.watch(pods, options)) {
    if (event.type === 'BOOKMARK' || event.object.metadata.name !== name) continue
    if ((event.object.status?.podIP ?? '') !== '') return event.object
  }
  throw new Error(`pod ${name} got no address within ${bootSeconds} s`)
}

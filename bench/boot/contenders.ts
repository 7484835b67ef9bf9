import { client } from '../../e2e/harness/client.ts'
import { waitFor } from '../../e2e/harness/wait-for.ts'
import type { EphemeralInstance } from '../../operator/api/ephemeral-instance.ts'
import { ephemeralInstances } from '../../operator/api/types.ts'
import { childName } from '../../operator/instance/children.ts'
import type { Intent, Pod } from '../../operator/kube/object.ts'
import { pods, secrets } from '../../operator/kube/resource.ts'
import { barePod } from './bare.ts'
import { type ByHand, byHand } from './by-hand.ts'
import { guest } from './ground.ts'
import { gone, type Launched, launch } from './launch.ts'

/** One way to get a VM: launched, and taken away again without a trace. */
export type Contender = Readonly<{ launch: () => Promise<Launched>; remove: () => Promise<void> }>

/** An EphemeralInstance, and the operator does the rest. */
export function byOperator(instance: Intent<EphemeralInstance>): Contender {
  const { name, namespace = '' } = instance.metadata
  return {
    launch: () => launch(namespace, childName(name), () => client.apply(ephemeralInstances, instance)),
    remove: async () => {
      await client.delete(ephemeralInstances, { namespace, name })
      await gone(namespace, childName(name))
      const look = () => client.find(ephemeralInstances, { namespace, name })
      await waitFor(`instance ${name} to be gone`, 60, look, (found) => found === undefined)
    },
  }
}

/** The Secret and the pod that the operator made for a VM, applied by hand. */
export async function copyOf(launched: Launched, name: string): Promise<ByHand> {
  const target = { namespace: launched.pod.metadata.namespace, name: launched.pod.metadata.name }
  return byHand(launched.pod, await client.get(secrets, target), name)
}

export function written(copy: ByHand): Contender {
  return handMade(copy, copy.pod)
}

/** QEMU alone in a pod, with the same devices, and with the same accelerator unless another is given. */
export function bare(copy: ByHand, accelerator?: string): Contender {
  return handMade(copy, barePod(copy, guest, accelerator))
}

function handMade({ secret }: ByHand, pod: Intent<Pod>): Contender {
  const { name, namespace = '' } = pod.metadata
  return {
    launch: () =>
      launch(namespace, name, async () => {
        await client.apply(secrets, secret)
        await client.apply(pods, pod)
      }),
    remove: async () => {
      await client.delete(pods, { namespace, name })
      await client.delete(secrets, { namespace, name })
      await gone(namespace, name)
    },
  }
}

import { labels, labelValues } from '../api/labels.ts'
import type { Caches } from '../caches.ts'
import { isUnreachable } from '../instance/node-loss.ts'
import type { KubeClient } from '../kube/client.ts'
import { deleteVery } from '../kube/delete-very.ts'
import { keyOf, type Node, type Pod } from '../kube/object.ts'
import { pods } from '../kube/resource.ts'
import { Controller, type ControllerOptions } from '../runtime/controller.ts'

export const isWorker = ({ metadata }: Pod): boolean => metadata.labels?.[labels.name] === labelValues.worker

/**
 * Whether a worker was told to go and nobody is there who could say that it went: its node is lost. Nothing that it may still do there
 * does harm. It writes files that no other worker writes; it has a claim of its own that holds nothing but what is being made; and
 * before a file gets the name under which it is booted it has to be there still, while each worker begins with throwing away the
 * unfinished ones of all others.
 */
export const isGivenUp = (pod: Pod, node: Node | undefined): boolean =>
  isWorker(pod) && pod.metadata.deletionTimestamp !== undefined && isUnreachable(node)

export type WorkerLossOptions = Readonly<{
  client: KubeClient
  caches: Caches
  controller: Pick<ControllerOptions, 'log' | 'emit' | 'workers' | 'clock'>
}>

/**
 * Takes away the pods of workers that are given up, whoever they work for: that one finds its worker gone, and goes on as after any
 * other loss.
 */
export function workerLossController({ client, caches, controller: options }: WorkerLossOptions): Controller {
  const { pods: podCache, nodes } = caches
  const controller = new Controller({
    ...options,
    name: 'workerloss',
    backoff: { capMs: 60_000 },
    reconcile: async (key, { signal, log }) => {
      const pod = podCache.store.getByKey(key)
      const node = nodes.store.get(undefined, pod?.spec.nodeName ?? '')
      if (pod === undefined || !isGivenUp(pod, node)) return {}
      log.info('A worker is given up with its node', { node: node?.metadata.name })
      await deleteVery(client, pods, pod.metadata, pod.metadata.uid, signal, 0)
      return {}
    },
  })
  const isGoing = ({ metadata }: Pod) => metadata.deletionTimestamp !== undefined
  controller.watchPart(podCache.store, isGoing, (pod) => (isWorker(pod) && isGoing(pod) ? [keyOf(pod)] : []))
  controller.watchPart(nodes.store, isUnreachable, ({ metadata }) =>
    podCache.store.byIndex('node', metadata.name).filter(isWorker).map(keyOf),
  )
  return controller
}

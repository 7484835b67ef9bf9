import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import { instanceOfPod } from '../instance/sources.ts'
import type { KubeObject } from '../kube/object.ts'
import type { Store } from '../kube/store.ts'
import { Controller, type ControllerOptions } from '../runtime/controller.ts'
import { type CompanionReconcileDependencies, CompanionReconciler } from './reconcile.ts'

export type CompanionControllerOptions<T extends KubeObject> = Omit<
  CompanionReconcileDependencies<T>,
  'instances'
> &
  Readonly<{
    instances: Store<EphemeralInstance>
    controller: Pick<ControllerOptions, 'log' | 'emit' | 'workers' | 'clock'>
  }>

/** The controller of one kind of companion, over caches that others run. Its keys are those of instances. */
export function companionController<T extends KubeObject>(
  options: CompanionControllerOptions<T>,
): Controller {
  const reconciler = new CompanionReconciler(options)
  const { instances, companion } = options
  const controller = new Controller({
    ...options.controller,
    name: companion.type.kind.toLowerCase(),
    backoff: { capMs: 60_000 },
    reconcile: (key, context) => reconciler.reconcile(key, context),
  })
  const partOf = (instance: EphemeralInstance) => {
    const { metadata, spec } = instance
    return [metadata.uid, metadata.labels, metadata.deletionTimestamp, spec, companion.part?.(instance)]
  }
  controller.watchPart(instances, partOf, ({ metadata: { namespace, name } }) => [`${namespace}/${name}`])
  controller.watch(companion.store, instanceOfPod)
  return controller
}

import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import { labels } from '../api/labels.ts'
import type { Caches } from '../caches.ts'
import { objectKey } from '../kube/object.ts'
import { controllerOf } from '../kube/owner.ts'
import { Controller, type ControllerOptions } from '../runtime/controller.ts'
import { KnownInstances } from './known.ts'
import { viewMember } from './member.ts'
import { type SetReconcileDependencies, SetReconciler } from './reconcile.ts'

export type SetControllerOptions = Omit<SetReconcileDependencies, 'sets' | 'known'> &
  Readonly<{
    caches: Caches
    controller: Pick<ControllerOptions, 'log' | 'emit' | 'workers' | 'clock'>
  }>

/** How long changes of instances are gathered, in ms: many of a set get Ready at about the same time, and each write of its status counts. */
const gatheredMs = 250

/** The controller of instance sets, over caches that others run. */
export function setController(options: SetControllerOptions): Controller {
  const { caches } = options
  const sets = caches.sets.store
  const instances = caches.instances.store
  const known = new KnownInstances(instances, options.controller.clock)
  const reconciler = new SetReconciler({ ...options, sets, known })
  const controller = new Controller({
    ...options.controller,
    name: 'instanceset',
    backoff: { capMs: 60_000 },
    reconcile: (key, context) => reconciler.reconcile(key, context),
  })
  /** The set that owns it, and one that would like to have its name. */
  const setsOf = ({ metadata, ...rest }: EphemeralInstance): string[] => {
    const owner = controllerOf({ metadata, ...rest })
    const base = metadata.name.replace(/-\d+$/, '')
    const names = [owner?.kind === 'InstanceSet' ? owner.name : undefined, base]
    return [...new Set(names)]
      .flatMap((name) => (name === undefined ? [] : [objectKey(metadata.namespace, name)]))
      .filter((key) => sets.getByKey(key) !== undefined)
  }
  controller.watch(sets)
  // One that comes, goes, fails or is taken out of the set is seen to at once.
  controller.watchPart(instances, urgentPart, setsOf)
  controller.watchPart(instances, viewPart, setsOf, { afterMs: gatheredMs })
  return controller
}

/** What makes a spare take over. */
function urgentPart(instance: EphemeralInstance) {
  const { uid, deletionTimestamp, labels: found = {}, ownerReferences } = instance.metadata
  const isGoing = deletionTimestamp !== undefined
  return {
    uid,
    isGoing,
    set: found[labels.set],
    role: found[labels.setRole],
    ownerReferences,
    isLost: viewMember(instance, '', '').isLost,
  }
}

/** What a decision about a set, or its status, depends on besides. */
function viewPart(instance: EphemeralInstance) {
  const hash = instance.metadata.labels?.[labels.templateHash]
  const { isReady, stalled } = viewMember(instance, '', '')
  return { isReady, stalled, hash }
}

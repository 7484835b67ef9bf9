import { openCaches, reflectorsOf } from './caches.ts'
import { blockingBudget } from './companion/budget.ts'
import { companionController } from './companion/controller.ts'
import { exposingService } from './companion/service.ts'
import type { Config } from './config.ts'
import type { DiskControl, VmControl } from './control/client.ts'
import { ImageAccess } from './copy/access.ts'
import { copyController } from './copy/controller.ts'
import { imageController } from './image/controller.ts'
import { instanceController } from './instance/controller.ts'
import type { Milestone } from './instance/milestones.ts'
import { isRelocating } from './instance/relocating.ts'
import { keyPairController } from './key-pair/controller.ts'
import { Applier } from './kube/apply.ts'
import type { KubeClient } from './kube/client.ts'
import type { Clock } from './kube/clock.ts'
import type { EventSink } from './kube/events.ts'
import { podDisruptionBudgets, services } from './kube/resource.ts'
import type { Emit, KubeTelemetry } from './kube/telemetry.ts'
import { namespaceController } from './namespace/controller.ts'
import type { ControllerOptions } from './runtime/controller.ts'
import { Findings } from './runtime/findings.ts'
import { securityGroupController } from './security/controller.ts'
import { setController } from './set/controller.ts'
import { snapshotController } from './snapshot/controller.ts'
import type { WorkerControl } from './worker/control.ts'
import { workerLossController } from './worker/node-loss.ts'

export type ControllersOptions = Readonly<{
  client: KubeClient
  emitKube: Emit<KubeTelemetry>
  events: EventSink
  control: VmControl & DiskControl & WorkerControl
  masterKey: Uint8Array
  config: Config
  now: () => Date
  /** Hears of each step of a VM's start. */
  reached?: (milestones: readonly Milestone[]) => void
  /** Of the caches; default: the system's. */
  cacheClock?: Clock
  controller: Pick<ControllerOptions, 'log' | 'emit' | 'workers' | 'clock'>
}>

/** Every controller of the operator, with the caches that they share. Nothing runs yet. */
export function openControllers(options: ControllersOptions) {
  const { client, emitKube, cacheClock: clock } = options
  const caches = openCaches({ client, emit: emitKube, ...(clock === undefined ? {} : { clock }) })
  const applier = (kind: string) => new Applier({ client, fieldManager: `ephemera-${kind}` })
  const access = new ImageAccess(options)
  const findings = new Findings()
  const instances = instanceController({ ...options, caches, access, findings, applier: applier('instance') })
  const groups = securityGroupController({ ...options, caches, applier: applier('security') })
  const namespaces = namespaceController({ ...options, caches, findings, applier: applier('namespace') })
  const companions = { client, findings, instances: caches.instances.store, controller: options.controller }
  const exposed = companionController({
    ...companions,
    applier: applier('expose'),
    companion: {
      type: services,
      wanted: exposingService,
      refused: 'ServiceRefused',
      store: caches.services.store,
    },
  })
  const budgets = companionController({
    ...companions,
    applier: applier('eviction'),
    companion: {
      type: podDisruptionBudgets,
      wanted: blockingBudget,
      part: isRelocating,
      refused: 'BudgetRefused',
      store: caches.budgets.store,
    },
  })
  const images = imageController({ ...options, caches, applier: applier('image') })
  const kept = snapshotController({ ...options, caches, applier: applier('snapshot') })
  const keys = keyPairController({ ...options, caches, applier: applier('keypair') })
  const sets = setController({ ...options, caches, applier: applier('set') })
  const copies = (kind: 'BaseImage' | 'Snapshot') =>
    copyController({
      ...options,
      kind,
      caches,
      access,
      keepSeconds: options.config.imageCopyKeepSeconds,
    })
  return {
    caches,
    reflectors: reflectorsOf(caches),
    /** The instances' own comes first. */
    controllers: [
      instances,
      images,
      kept,
      keys,
      sets,
      copies('BaseImage'),
      copies('Snapshot'),
      namespaces,
      groups,
      exposed,
      budgets,
      workerLossController({ ...options, caches }),
    ] as const,
  }
}

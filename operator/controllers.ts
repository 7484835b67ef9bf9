import { openCaches, reflectorsOf } from './caches.ts'
import type { Config } from './config.ts'
import type { DiskControl, VmControl } from './control/client.ts'
import { ImageAccess } from './copy/access.ts'
import { copyController } from './copy/controller.ts'
import { imageController } from './image/controller.ts'
import { instanceController } from './instance/controller.ts'
import type { Milestone } from './instance/milestones.ts'
import { keyPairController } from './key-pair/controller.ts'
import { Applier } from './kube/apply.ts'
import type { KubeClient } from './kube/client.ts'
import type { Clock } from './kube/clock.ts'
import type { EventSink } from './kube/events.ts'
import type { Emit, KubeTelemetry } from './kube/telemetry.ts'
import type { ControllerOptions } from './runtime/controller.ts'
import { setController } from './set/controller.ts'
import { snapshotController } from './snapshot/controller.ts'
import type { WorkerControl } from './worker/control.ts'

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
  const instances = instanceController({ ...options, caches, access, applier: applier('instance') })
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
    controllers: [instances, images, kept, keys, sets, copies('BaseImage'), copies('Snapshot')] as const,
  }
}

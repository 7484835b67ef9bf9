import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import type { DiskControl, VmControl } from '../control/client.ts'
import { isControlledBy } from '../kube/owner.ts'
import { rescueWorkerName } from '../rescue/desired.ts'
import { lookAtRescue } from '../rescue/disk.ts'
import { sourceOf } from './boot-source.ts'
import { controlTarget } from './control-target.ts'
import type { PodView } from './pod-view.ts'
import { isRescued } from './rescued.ts'
import { isRunOf, isSettled, type RescueView } from './rescuing.ts'
import type { Sources } from './sources.ts'

/** Reads what a decision about the instance's rescue rests on; undefined where there is none and none is asked for. */
export async function observeRescue(
  instance: EphemeralInstance,
  pod: PodView | undefined,
  {
    sources,
    control,
    masterKey,
  }: Readonly<{ sources: Sources; control: DiskControl & VmControl; masterKey: Uint8Array }>,
): Promise<RescueView | undefined> {
  const { metadata, spec, status } = instance
  if (!isRescued(instance)) return undefined
  const worker = sources.pods.get(metadata.namespace, rescueWorkerName(metadata.name))
  const source =
    spec.rescue === undefined
      ? undefined
      : sourceOf(metadata.namespace ?? '', spec.rescue, sources, {
          field: 'spec.rescue',
          follows: 'the rescue begins',
        })
  return {
    source,
    worker: worker !== undefined && isControlledBy(worker, instance) ? worker : undefined,
    disk: await askQemu(),
  }

  async function askQemu(): Promise<RescueView['disk']> {
    const known = status?.rescue
    const isUp = pod?.started === true && !pod.terminating
    if (known === undefined || !isUp || !isRunOf(known, pod) || isSettled(instance, pod))
      return { kind: 'unasked' }
    const target = controlTarget(instance, pod, masterKey)
    try {
      const graph = await lookAtRescue(control, target)
      const answers = known.bootedAt !== undefined && (await control.state(target)).guest === 'Ready'
      return { kind: 'seen', graph, answers }
    } catch (error) {
      return { kind: 'unreachable', message: error instanceof Error ? error.message : String(error) }
    }
  }
}

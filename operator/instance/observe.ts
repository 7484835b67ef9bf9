import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import type { Config } from '../config.ts'
import type { VmControl } from '../control/client.ts'
import { controlKey } from '../control/key.ts'
import type { RunnerState } from '../control/state.ts'
import { type Copied, contentOf } from '../copy/content.ts'
import { claimsOf, viewClaim } from '../copy/views.ts'
import { passingFor, startingMilliseconds } from '../pod/passing.ts'
import { bootSourceOf } from './boot-source.ts'
import { childName } from './children.ts'
import { isToBeKept, keeping } from './expiring.ts'
import { keyPairsOf } from './key-pairs.ts'
import type { MadePods } from './made-pods.ts'
import type { Observed } from './observed.ts'
import { isOurs } from './ownership.ts'
import { type PodView, viewPod } from './pod-view.ts'
import { orderUnderWay } from './rebooting.ts'
import type { Sources } from './sources.ts'

export type ObserveDependencies = Readonly<{
  sources: Sources
  made: MadePods
  control: VmControl
  masterKey: Uint8Array
  config: Config
  now: () => Date
}>

/** Reads all that a decision about this instance rests on. The one thing that is not in a store is the runner's word. */
export async function observe(
  instance: EphemeralInstance,
  dependencies: ObserveDependencies,
): Promise<Observed> {
  const { sources, config } = dependencies
  const { namespace, name } = instance.metadata
  const { flavor } = instance.spec
  const now = dependencies.now()
  const pod = sources.pods.get(namespace, childName(name))
  const made = dependencies.made.of(instance)
  const ours = pod !== undefined && isOurs({ instance, made }, pod) ? viewPod(pod) : undefined
  const image = imageOf(instance, sources)
  const content = image === undefined ? undefined : contentOf(image)
  const claims = content === undefined ? [] : claimsOf(content, namespace ?? '', sources)
  const mounted =
    content === undefined || ours?.boot === undefined
      ? undefined
      : sources.claims.get(namespace, ours.boot.claim)
  const keeper = isToBeKept({ instance, now }) ? keeping({ instance, made, pod }, '') : undefined
  return {
    instance,
    kept: keeper === undefined ? undefined : sources.snapshots.get(namespace, keeper.metadata.name),
    content,
    claims,
    under: mounted === undefined ? undefined : viewClaim(mounted, sources),
    flavor: flavor === undefined ? undefined : sources.flavors.get(undefined, flavor),
    keyPairs: keyPairsOf(instance, sources),
    source: bootSourceOf(instance, sources),
    pod,
    made,
    runner:
      ours !== undefined && isWorthAsking(instance, ours, config, now)
        ? await askRunner(instance, ours, dependencies)
        : undefined,
    config,
    now,
  }
}

/** What the spec has the VM boot from, if it is an object of ours. */
function imageOf({ metadata, spec }: EphemeralInstance, { images, snapshots }: Sources): Copied | undefined {
  const { image, snapshot } = spec.boot
  if (image !== undefined) return images.get(metadata.namespace, image)
  return snapshot === undefined ? undefined : snapshots.get(metadata.namespace, snapshot)
}

/** The pod is asked only for what the kubelet does not tell: why QEMU does not start, which accelerator it got, and
 * whether a guest that was told to reboot has done so. */
function isWorthAsking(instance: EphemeralInstance, pod: PodView, config: Config, now: Date): boolean {
  if (pod.terminating || pod.runningSince === undefined || pod.ips.length === 0) return false
  if (pod.ready && orderUnderWay({ instance }, pod) !== undefined) return true
  if (!pod.started) return passingFor(pod.runningSince, startingMilliseconds, now) === 0
  const known = instance.status?.podUID === pod.uid && instance.status.accelerator !== undefined
  return config.kvmResource !== '' && !known
}

/** Undefined when it cannot be reached: then the pod's own status has to do. */
async function askRunner(
  instance: EphemeralInstance,
  pod: PodView,
  { control, masterKey }: ObserveDependencies,
): Promise<RunnerState | undefined> {
  const [host = ''] = pod.ips
  const key = controlKey(masterKey, instance.metadata.uid ?? '')
  try {
    return await control.state({ host, key })
  } catch {
    return undefined
  }
}

import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import type { Config } from '../config.ts'
import type { DiskControl, VmControl } from '../control/client.ts'
import type { RunnerState } from '../control/state.ts'
import { type ImageAccess, isForCluster } from '../copy/access.ts'
import { type Copied, contentOf } from '../copy/content.ts'
import { claimsOf, viewClaim } from '../copy/views.ts'
import { isTrue } from '../kube/conditions.ts'
import { keyOf, type Service } from '../kube/object.ts'
import { isControlledBy } from '../kube/owner.ts'
import { passingFor, startingMilliseconds } from '../pod/passing.ts'
import type { Findings } from '../runtime/findings.ts'
import { groupFaults } from '../security/faults.ts'
import { viewVolumes } from '../volume/view.ts'
import { askGuest } from './asking-guest.ts'
import { bootSourceOf, farImageOf } from './boot-source.ts'

import { childName } from './children.ts'
import { controlTarget } from './control-target.ts'
import { leftoversOf, travelling } from './draining.ts'
import { isToBeKept, keeping } from './expiring.ts'
import type { GuestAsks } from './guest-asks.ts'
import type { IdleAsks } from './idle-asks.ts'
import { keyPairsOf } from './key-pairs.ts'
import { isKvmOffered } from './kvm-offers.ts'
import type { MadePods } from './made-pods.ts'
import type { Observed } from './observed.ts'
import { observeRescue } from './observing-rescue.ts'
import { mayBeFull } from './overlay-full.ts'
import { isOurs } from './ownership.ts'
import { type PodView, viewPod } from './pod-view.ts'
import { orderUnderWay } from './rebooting.ts'
import { isLeaving } from './relocating.ts'
import { bootOf } from './shelved.ts'
import type { Sources } from './sources.ts'

export type ObserveDependencies = Readonly<{
  sources: Sources
  made: MadePods
  access: Pick<ImageAccess, 'mayUse'>
  /** What other controllers found out about instances, and about namespaces as a whole. */
  findings: Findings
  asks: GuestAsks
  idleAsks: IdleAsks
  control: VmControl & DiskControl
  masterKey: Uint8Array
  config: Config
  now: () => Date
}>

/** Reads all that a decision about this instance rests on. What is in no store is the word of the runner and of the guest. */
export async function observe(
  instance: EphemeralInstance,
  dependencies: ObserveDependencies,
  signal: AbortSignal,
): Promise<Observed> {
  const { sources, config } = dependencies
  const { namespace, name } = instance.metadata
  const { flavor } = instance.spec
  const now = dependencies.now()
  const pod = sources.pods.get(namespace, childName(name))
  const made = dependencies.made.of(instance)
  const ours = pod !== undefined && isOurs({ instance, made }, pod) ? viewPod(pod) : undefined
  const far = farImageOf(instance)
  // A VM that runs has its copy, whatever became of the right, and nothing is said of the image any more.
  const isAsked = far !== undefined && ours?.started !== true
  const mayUse = isAsked && (await dependencies.access.mayUse(far, namespace ?? '', signal))
  const source = bootSourceOf(instance, sources, mayUse)
  const image = imageOf(instance, sources, mayUse)
  const content = image === undefined ? undefined : contentOf(image)
  const claims = content === undefined ? [] : claimsOf(content, namespace ?? '', sources)
  const mounted =
    content === undefined || ours?.boot === undefined
      ? undefined
      : sources.claims.get(namespace, ours.boot.claim)
  const node = pod?.spec.nodeName === undefined ? undefined : sources.nodes.get(undefined, pod.spec.nodeName)
  const asked = { instance, made, pod, node, now }
  const keeper =
    isToBeKept({ instance, now }) || instance.spec.powerState === 'Shelved'
      ? keeping(asked, '')
      : isLeaving(asked)
        ? travelling(asked)
        : undefined
  return {
    instance,
    kept: keeper === undefined ? undefined : sources.snapshots.get(namespace, keeper.metadata.name),
    rescue: await observeRescue(instance, ours, dependencies),
    content,
    home: content === undefined ? undefined : sources.claims.get(content.namespace, content.claim),
    claims,
    under: mounted === undefined ? undefined : viewClaim(mounted, sources),
    flavor: flavor === undefined ? undefined : sources.flavors.get(undefined, flavor),
    keyPairs: keyPairsOf(instance, sources),
    source,
    volumes: viewVolumes(instance, sources),
    pod,
    made,
    runner: ours === undefined ? undefined : await heard(instance, ours, now, dependencies),
    exposing: exposingOf(instance, sources),
    isKvmOffered: pod === undefined && isKvmOffered(instance.spec, config, sources.nodes),
    node,
    leftovers: leftoversOf(instance, keeper?.metadata.name, sources),
    faults: [
      ...groupFaults(instance, sources.securityGroups),
      ...dependencies.findings.of(keyOf(instance)),
      ...dependencies.findings.of(namespace ?? ''),
    ],
    guest: await askGuest(instance, ours, now, dependencies),
    config,
    now,
  }
}

function exposingOf(instance: EphemeralInstance, { services }: Sources): Service | undefined {
  const { namespace, name } = instance.metadata
  const found = services.get(namespace, childName(name))
  const isWanted = instance.spec.expose !== undefined
  return isWanted && found !== undefined && isControlledBy(found, instance) ? found : undefined
}

/** What the spec has the VM boot from, if it is an object of ours that it may boot. */
function imageOf(
  instance: EphemeralInstance,
  { images, snapshots }: Sources,
  mayUse: boolean,
): Copied | undefined {
  const { metadata } = instance
  const { image, snapshot } = bootOf(instance)
  const far = farImageOf(instance)
  if (far !== undefined) {
    const found = mayUse ? images.get(far.namespace, far.name) : undefined
    return found !== undefined && isForCluster(found) ? found : undefined
  }
  if (image !== undefined) return images.get(metadata.namespace, image)
  return snapshot === undefined ? undefined : snapshots.get(metadata.namespace, snapshot)
}

/** The pod is asked only for what the kubelet does not tell: why QEMU does not start, which accelerator it got,
 * whether a guest that was told to reboot has done so, and whether one that is silent is held. */
function isWorthAsking(instance: EphemeralInstance, pod: PodView, config: Config, now: Date): boolean {
  if (pod.terminating || pod.runningSince === undefined || pod.ips.length === 0) return false
  if (mayBeFull({ instance, now }, pod)) return true
  // A guest that is back may have been reset for its silence.
  if (instance.spec.liveness !== undefined && pod.ready && !isTrue(instance.status?.conditions, 'GuestReady'))
    return true
  if (pod.ready && orderUnderWay({ instance }, pod) !== undefined) return true
  if (!pod.started) return passingFor(pod.runningSince, startingMilliseconds, now) === 0
  const known = instance.status?.podUID === pod.uid && instance.status.accelerator !== undefined
  return config.kvmResource !== '' && pod.withoutKvm === undefined && !known
}

/** What the runner says, where it is asked. */
async function heard(
  instance: EphemeralInstance,
  pod: PodView,
  now: Date,
  dependencies: ObserveDependencies,
): Promise<RunnerState | undefined> {
  const { config, idleAsks } = dependencies
  const isIdleDue = idleAsks.millisecondsLeft(instance, pod, now) === 0
  if (!isIdleDue && !isWorthAsking(instance, pod, config, now)) return undefined
  const runner = await askRunner(instance, pod, dependencies)
  if (isIdleDue) idleAsks.note(instance, pod, runner?.idleSeconds, now)
  return runner
}

/** Undefined when it cannot be reached: then the pod's own status has to do. */
async function askRunner(
  instance: EphemeralInstance,
  pod: PodView,
  { control, masterKey }: ObserveDependencies,
): Promise<RunnerState | undefined> {
  try {
    return await control.state(controlTarget(instance, pod, masterKey))
  } catch {
    return undefined
  }
}

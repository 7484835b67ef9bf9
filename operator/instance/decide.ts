import type { Phase } from '../api/phase.ts'
import type { Reason } from '../api/reasons.ts'
import { isNamedFor } from '../copy/views.ts'
import { findCondition } from '../kube/conditions.ts'
import { controllerOf } from '../kube/owner.ts'
import { persistentVolumeClaims } from '../kube/resource.ts'
import { recreateDelaySeconds } from './backoff.ts'
import { childName } from './children.ts'
import { isMoot } from './counters.ts'
import { disruptionOf } from './disruption.ts'
import { drained, withoutLeftovers } from './draining.ts'
import { isToStop, whyStopped, withExpiry } from './expiring.ts'
import { isEndedByUs, type LastVm, lastVm } from './last-vm.ts'
import { afterNodeLoss } from './node-loss.ts'
import type { Observed } from './observed.ts'
import { isOurs, restorationOf } from './ownership.ts'
import { isMoving, moved, placingOf, secondsUntilMove } from './placing.ts'
import { type PodView, viewPod } from './pod-view.ts'
import { isRelocating } from './relocating.ts'
import { withRescue } from './rescuing.ts'
import { judgePod } from './running.ts'
import { shelved } from './shelving.ts'
import { type Size, sizeOf, tooSmall } from './size.ts'
import { specHash } from './spec-hash.ts'
import { down, lookedAtWithin, no, stalled, type Verdict } from './verdict.ts'
import { volumeTrouble, withoutVolumes } from './volumes.ts'
import { isDoingWithout, withoutKvmNow } from './without-kvm.ts'

/** One question about what was observed; undefined hands on to the next. */
type Check = (observed: Observed, pod: PodView | undefined) => Verdict | undefined

/** In this order: the first that has something to say decides. */
const checks: readonly Check[] = [
  notSeenYet, //       a pod was made a moment ago, and the cache does not show it yet
  nameTaken, //        something else has the pod's name
  asStopped, //        powerState is Stopped
  shelved, //          powerState is Shelved
  expired, //          its time is over, and it is to be stopped
  ended, //            the pod is over, and its policy starts no other
  goingAway, //        the pod was told to go
  outOfDate, //        a rebuild was asked for
  overruled, //        the spec changed before the VM ever ran: nothing is lost by starting over
  overtaken, //        the pod is over (evicted, say), and a fresh one is due
  withoutVolumes, //   the pod may not run before it has its volumes
  drained, //          its node is drained, and it goes elsewhere with its disk
  withoutKvmNow, //    no node that offers KVM has room, and it is content with less
  stayedEnded, //      there is no pod, and there is not to be one
  notBuildable, //     there is no pod, and something that it needs is missing
  absent, //           there is no pod: make one
]

/** What to say of an instance and what to do about it. Pure: the same observation gives the same verdict. */
export function decide(observed: Observed): Verdict {
  const judged = withExpiry(observed, withRescue(observed, afterNodeLoss(observed, firstOf(observed))))
  const verdict = withoutLeftovers(observed, judged)
  const { instance, pod } = observed
  const restoration = pod !== undefined && isOurs(observed, pod) ? restorationOf(instance, pod) : undefined
  return restoration === undefined ? verdict : { ...verdict, restoration }
}

function firstOf(observed: Observed): Verdict {
  const pod = observed.pod === undefined ? undefined : viewPod(observed.pod)
  for (const check of checks) {
    const verdict = check(observed, pod)
    if (verdict !== undefined) return verdict
  }
  if (pod === undefined) throw new TypeError('an instance without a pod was left undecided')
  const judged = moved(observed, pod) ?? judgePod(observed, pod)
  const { passing, ...lasting } = judged
  const verdict = passing === true && isMoot(observed, pod) ? lasting : judged
  const seconds = verdict.action === undefined ? secondsUntilMove(observed, pod) : undefined
  return seconds === undefined ? verdict : lookedAtWithin(verdict, seconds)
}

/** A cache that has not shown a pod for this long has missed it. */
const longestLagMilliseconds = 30_000

function notSeenYet({ made, now }: Observed, pod: PodView | undefined): Verdict | undefined {
  if (made === undefined || made.isSeen || made.podUID === pod?.uid) return undefined
  if (now.getTime() - made.at.getTime() > longestLagMilliseconds) return undefined
  const message = 'The pod was just made.'
  return { ...down('Pending', 'PodCreated', message), passing: true, requeueAfterSeconds: 1 }
}

function nameTaken(observed: Observed): Verdict | undefined {
  const { instance, pod } = observed
  if (pod === undefined || isOurs(observed, pod)) return undefined
  const owner = controllerOf(pod)
  if (owner?.kind === instance.kind && owner.name === instance.metadata.name) {
    const message = 'The pod of a former instance of the same name is still going.'
    return down('Pending', 'Pending', message)
  }
  return stalled(
    'NameTaken',
    `Pod ${pod.metadata.name} exists and does not belong to this instance: delete that pod, or give the instance another name.`,
  )
}

function asStopped({ instance }: Observed, pod: PodView | undefined): Verdict | undefined {
  if (instance.spec.powerState !== 'Stopped') return undefined
  if (pod === undefined) {
    const message = 'There is no VM, as powerState asks; nothing that was written in it is kept.'
    return { ...down('Stopped', 'Stopped', message), atRest: true }
  }
  const message = 'The guest is being powered down.'
  const verdict = down('Stopping', 'Stopping', message)
  return pod.terminating ? verdict : { ...verdict, action: { kind: 'delete', podUID: pod.uid } }
}

function expired(observed: Observed, pod: PodView | undefined): Verdict | undefined {
  if (!isToStop(observed)) return undefined
  const message = whyStopped(observed)
  if (pod === undefined) return { ...down('Expired', 'Expired', message), atRest: true }
  const verdict = down('Stopping', 'Expired', message)
  return pod.terminating ? verdict : { ...verdict, action: { kind: 'delete', podUID: pod.uid } }
}

const rebuilding = down(
  'Rebuilding',
  'Rebuilding',
  'The old VM goes; a fresh one starts from the boot source when it is gone.',
)

/** What the instance is in while its pod goes, for the reasons that the operator had to take it away. */
const phaseWhileGoing: Readonly<Record<string, Phase>> = {
  Stopping: 'Stopping',
  Expired: 'Stopping',
  Shelved: 'Stopping',
  Moving: 'Pending',
  KVMTaken: 'Pending',
  Relocating: 'Draining',
  VolumeTaken: 'Pending',
}

function goingAway(observed: Observed, pod: PodView | undefined): Verdict | undefined {
  const { instance } = observed
  if (pod?.terminating !== true) return undefined
  const active = findCondition(instance.status?.conditions, 'Active')
  const wasRebooted = active?.reason === rebooted && instance.status?.podUID === pod.uid
  if (active !== undefined && (wasRebooted || isEndedByUs(observed, pod.uid))) {
    // What is wanted now may be another thing again; the pod goes all the same, and it was not lost.
    const phase = phaseWhileGoing[active.reason] ?? 'Rebuilding'
    return down(phase, active.reason as Reason, active.message)
  }
  if (pod.rebuildGeneration !== instance.spec.rebuildGeneration) return rebuilding
  const message =
    'The pod was told to go, by somebody else than the operator; what follows is up to restartPolicy.'
  const told = disruptionOf(pod.disruption)
  return down('Stopping', told?.reason ?? 'PodLost', told?.message ?? message)
}

function outOfDate({ instance }: Observed, pod: PodView | undefined): Verdict | undefined {
  if (pod === undefined || pod.rebuildGeneration === instance.spec.rebuildGeneration) return undefined
  return { ...rebuilding, action: { kind: 'delete', podUID: pod.uid } }
}

function overruled(observed: Observed, pod: PodView | undefined): Verdict | undefined {
  if (pod === undefined || pod.started || isOver(pod) || pod.lastEnding !== undefined) return undefined
  if (pod.specHash === specHash(observed.instance.spec) && !isOutdated(pod, observed)) return undefined
  const message =
    'The spec or the image was changed before the VM ran; its pod is made anew, as they are now.'
  return { ...down('Rebuilding', 'SpecChanged', message), action: { kind: 'delete', podUID: pod.uid } }
}

/**
 * The pod would boot what is not published any more. Where nothing is, a pod without a node may wait for a claim that is
 * gone, and so may one whose image is in another namespace: that does not wait for its users.
 */
function isOutdated({ boot, node }: PodView, { source }: Pick<Observed, 'source'>): boolean {
  if (boot === undefined || boot.kind === persistentVolumeClaims.kind) return false
  // By its name: a copy that was just made may not be in the cache yet.
  if (source.kind === 'ready') return !isNamedFor(boot.claim, source.boot.claim)
  return node === undefined || boot.namespace !== undefined
}

/** A pod whose phase is Succeeded or Failed never runs again. The kubelet itself restarts the others' container. */
const isOver = (pod: PodView): boolean => pod.phase === 'Succeeded' || pod.phase === 'Failed'

/** Of Active, where the guest rebooted under a policy by which the kubelet starts nothing: the operator does. */
const rebooted = 'GuestRebooted' satisfies Reason

/** Its guest rebooted, and it was built to end then. */
const hasRebooted = (pod: PodView): boolean =>
  pod.phase === 'Succeeded' && !wasDisrupted(pod) && pod.lastEnding?.reason === rebooted

/** The node took the pod away, whatever the VM did. */
const wasDisrupted = (pod: PodView): boolean => pod.reason !== ''

/** Why, in the kubelet's words. */
const byNode = ({ reason, message }: PodView): string => (message === '' ? reason : `${reason}: ${message}`)

/** What the kubelet calls the end of a pod that it took away: for want of room, and when its node shuts down in order, which it first lets the guest do. */
const reasonsOfNodes: Readonly<Record<string, Reason>> = {
  Evicted: 'Evicted',
  Terminated: 'NodeShutdown',
  NodeShutdown: 'NodeShutdown',
}

function ended({ instance }: Observed, pod: PodView | undefined): Verdict | undefined {
  if (pod === undefined || !isOver(pod) || pod.rebuildGeneration !== instance.spec.rebuildGeneration) {
    return undefined
  }
  const policy = instance.spec.restartPolicy
  if (policy === 'Always' || hasRebooted(pod)) return undefined
  if (pod.phase === 'Succeeded') {
    return atEnd(true, pod.lastEnding?.message ?? 'The guest powered off.')
  }
  if (policy === 'OnFailure') return undefined
  if (wasDisrupted(pod)) return atEnd(false, `Its node ended the VM (${byNode(pod)}).`)
  return atEnd(false, pod.lastEnding?.message ?? (pod.message || 'The pod failed.'))
}

function overtaken(_: Observed, pod: PodView | undefined): Verdict | undefined {
  if (pod === undefined || !isOver(pod)) return undefined
  if (hasRebooted(pod)) {
    const message = 'The guest rebooted, and onGuestReboot is Rebuild: a fresh VM takes its place.'
    return { ...down('Rebuilding', rebooted, message), action: { kind: 'delete', podUID: pod.uid } }
  }
  const reason = reasonsOfNodes[pod.reason] ?? 'PodLost'
  const why = wasDisrupted(pod) ? byNode(pod) : (pod.lastEnding?.message ?? 'It ended.')
  const message = `The pod is over (${why}); a fresh VM takes its place.`
  return { ...down('Pending', reason, message), action: { kind: 'delete', podUID: pod.uid } }
}

function stayedEnded(observed: Observed, pod: PodView | undefined): Verdict | undefined {
  if (pod !== undefined || lastVm(observed) === undefined) return undefined
  const { instance } = observed
  const active = findCondition(instance.status?.conditions, 'Active')
  if (instance.spec.restartPolicy !== 'Always' && active?.reason === 'Succeeded') {
    return atEnd(true, active.message)
  }
  if (instance.spec.restartPolicy !== 'Never') return undefined
  // Under Never, a fresh VM is waited for only after a reboot that asks for one.
  if (active?.reason === rebooted || active?.reason === 'CrashLoop') return undefined
  // Of the two conditions that say how it ended, this one says no more than that.
  const told = findCondition(instance.status?.conditions, 'GuestReady')
  if (told?.reason === 'Failed') return atEnd(false, told.message)
  return atEnd(false, 'The pod was deleted or lost, and restartPolicy Never starts no other.')
}

function atEnd(succeeded: boolean, message: string): Verdict {
  const reason = succeeded ? 'Succeeded' : 'Failed'
  const text = `${message} Raise spec.rebuildGeneration to start a fresh VM.`
  return {
    phase: reason,
    active: no(reason, succeeded ? message : text),
    guestReady: no(reason, message),
    ...(succeeded ? { atRest: true } : { stalled: { reason, message: text } }),
  }
}

/** Seconds until it is asked again whether an image of another namespace may be used. */
const askAgainSeconds = 15

function notBuildable(observed: Observed, pod: PodView | undefined): Verdict | undefined {
  if (pod !== undefined) return undefined
  const { instance, flavor, keyPairs, source, config } = observed
  const { spec } = instance
  const size = sizeOf(spec, flavor)
  if (size === undefined) {
    return stalled(
      'FlavorNotFound',
      `There is no Flavor ${spec.flavor}: kubectl get flavors lists those that there are; name one of them in spec.flavor.`,
    )
  }
  if (keyPairs.kind === 'missing') return stalled(keyPairs.reason, keyPairs.message)
  if (source.kind !== 'ready') {
    const { kind, reason, message } = source
    if (kind === 'waiting') return down('Pending', reason, message)
    // Nobody tells when somebody's rights change.
    const again = reason === 'ImageNotAllowed' ? { requeueAfterSeconds: askAgainSeconds } : {}
    return { ...stalled(reason, message), ...again }
  }
  const small = tooSmall(size, source)
  if (small !== undefined) return stalled(small.reason, small.message)
  if (spec.accelerator === 'KVM' && config.kvmResource === '') {
    return stalled(
      'KVMUnavailable',
      'accelerator is KVM, but the operator knows no resource that gives pods /dev/kvm: set runner.kvmResource in the chart, or use Auto or TCG.',
    )
  }
  return volumeTrouble(observed)
}

function absent(observed: Observed, pod: PodView | undefined): Verdict | undefined {
  if (pod !== undefined) return undefined
  const { instance, flavor, source } = observed
  if (source.kind !== 'ready') return undefined
  const lost = lastVm(observed)
  // A pod that made room for another one, or left its node, is no VM that was lost.
  const isOnItsWay = isMoving(instance) || isRelocating(instance) || isDoingWithout(instance)
  const kept = isOnItsWay ? (instance.status?.restarts ?? 0) : 0
  const restarts = lost === undefined ? kept : lost.restarts + 1
  if (lost !== undefined) {
    const wait = waitSeconds(lost, observed.now)
    if (wait > 0) {
      const message = 'The VM was lost again and again; the operator waits longer before each new one.'
      return { ...down('Pending', 'CrashLoop', message), requeueAfterSeconds: wait }
    }
  }
  const size = sizeOf(instance.spec, flavor) as Size
  const placing = placingOf(observed, source.boot)
  const message = `Pod ${childName(instance.metadata.name)} was just made and has no node yet.`
  const action = { kind: 'create', size, placing, restartsBefore: restarts } as const
  return { ...down('Pending', 'PodCreated', message), action }
}

/** Seconds until the next VM may be made after one was lost. */
function waitSeconds({ restarts, since }: LastVm, now: Date): number {
  if (since === undefined) return 0
  const lived = (now.getTime() - since.getTime()) / 1000
  return Math.max(0, recreateDelaySeconds(restarts, lived) - lived)
}

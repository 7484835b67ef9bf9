import { readinessOf } from '../api/readiness.ts'
import { type Reason, reasons } from '../api/reasons.ts'
import { findCondition, isTrue } from '../kube/conditions.ts'
import { passingFor, schedulingMilliseconds, startingMilliseconds } from '../pod/passing.ts'
import { startTroubleOf } from '../pod/waiting.ts'
import { awaitsPause, standingOf } from '../snapshot/keep.ts'
import { isToBeKept } from './expiring.ts'
import type { Observed } from './observed.ts'
import { lookAgainSeconds, overlayFull } from './overlay-full.ts'
import { copying } from './placing.ts'
import type { PodView } from './pod-view.ts'
import { ordered, rebooting } from './rebooting.ts'
import { isLeaving } from './relocating.ts'
import { unschedulableMessage } from './unschedulable.ts'
import { down, type Finding, no, stalled, type Verdict, yes } from './verdict.ts'
import { secondsToDoWithout } from './without-kvm.ts'

type Step = (observed: Observed, pod: PodView, scheduled: Finding) => Verdict | undefined

/** A pod that is neither going nor over: how far is it? */
const steps: readonly Step[] = [
  withoutNode, //   the scheduler has not found a node
  withoutStart, //  the container waits: for its image, its volumes, or between two starts
  withoutQemu, //   the container runs, QEMU does not yet
  paused, //        powerState is Paused
  resumed, //       it was paused, and is not to be any more
  ordered, //       it is to be reset or rebooted
  overlayFull, //   QEMU holds the guest, for want of room on the node's disk
  rebooting, //     it was, and has not answered since
  answered, //      the guest answers
  silent, //        QEMU runs, the guest does not answer
]

export function judgePod(observed: Observed, pod: PodView): Verdict {
  const scheduled = schedulingOf(observed, pod)
  for (const step of steps) {
    const verdict = step(observed, pod, scheduled)
    if (verdict !== undefined) return { scheduled, ...verdict }
  }
  throw new TypeError(`pod ${pod.name} was left undecided`)
}

function schedulingOf({ config }: Observed, pod: PodView): Finding {
  if (pod.node !== undefined) return yes('Scheduled', `The pod is on node ${pod.node}.`)
  if (pod.unschedulable === undefined) return no('PodCreated', 'The pod has no node yet.')
  return no('Unschedulable', unschedulableMessage(pod.unschedulable, config.kvmResource))
}

function withoutNode(observed: Observed, pod: PodView, scheduled: Finding): Verdict | undefined {
  if (pod.node !== undefined) return undefined
  const seconds = secondsToDoWithout(observed, pod)
  const verdict: Verdict = {
    phase: 'Pending',
    active: scheduled,
    guestReady: no(scheduled.reason, scheduled.message),
  }
  const left = passingFor(pod.createdAt, schedulingMilliseconds, observed.now)
  if (seconds !== undefined) return { ...verdict, requeueAfterSeconds: Math.max(seconds, 0.5) }
  if (pod.unschedulable !== undefined || left === 0) return verdict
  return { ...verdict, passing: true, requeueAfterSeconds: left / 1000 }
}

function withoutStart({ instance }: Observed, pod: PodView): Verdict | undefined {
  if (pod.runningSince !== undefined) return undefined
  const trouble = startTroubleOf(pod.waiting)
  if (trouble !== undefined) return stalled(trouble.reason, trouble.message)
  if (pod.lastEnding === undefined) {
    const message = `Node ${pod.node} fetches the image, mounts the volumes and starts the pod.`
    return down('Starting', 'Starting', message)
  }
  const policy = instance.spec.restartPolicy
  if (policy === 'Never' || (policy === 'OnFailure' && pod.lastEnding.succeeded)) {
    // A moment later the pod's phase says so too.
    const { reason, message } = pod.lastEnding
    return down('Stopping', reason, message)
  }
  const looping = pod.waiting?.reason === 'CrashLoopBackOff'
  const reason = looping ? 'CrashLoop' : 'Restarting'
  const message = looping
    ? `${pod.lastEnding.message} This happened again and again, so the node waits longer before each fresh start (at most 5 minutes).`
    : `${pod.lastEnding.message} A fresh VM starts.`
  return down('Starting', reason, message)
}

function withoutQemu(observed: Observed, pod: PodView): Verdict | undefined {
  const { runner, now } = observed
  if (pod.started) return undefined
  const underWay = copying(observed, pod)
  if (underWay !== undefined) return underWay
  const requeueAfterSeconds = askAgainSeconds(pod, now)
  if (runner?.phase === 'Waiting') {
    const reason: Reason = runner.reason in reasons ? (runner.reason as Reason) : 'BaseImageInvalid'
    return { ...stalled(reason, runner.message), requeueAfterSeconds }
  }
  const message = 'The pod makes the overlay over the base image and starts QEMU.'
  const verdict: Verdict = { ...down('Starting', 'Preparing', message), requeueAfterSeconds }
  const left = passingFor(pod.runningSince, startingMilliseconds, now)
  return left > 0 ? { ...verdict, passing: true, requeueAfterSeconds: left / 1000 } : verdict
}

/** The longer a VM has been getting ready, the rarer it is asked why; its start is seen by a watch all the same. */
function askAgainSeconds(pod: PodView, now: Date): number {
  const waited = (now.getTime() - Date.parse(pod.runningSince ?? '')) / 1000
  return Math.min(Math.max(2, waited / 4), 15)
}

/** What the status says of a pause in this very start of this pod. */
function pauseOf({ instance }: Observed, pod: PodView): 'Pausing' | 'Paused' | undefined {
  const { status } = instance
  if (status?.podUID !== pod.uid || status.restarts !== pod.restarts) return undefined
  const reason = findCondition(status.conditions, 'Active')?.reason
  return reason === 'Pausing' || reason === 'Paused' ? reason : undefined
}

/**
 * As asked, or because its disk is being kept before the VM goes: what it wrote after the moment would be lost. So it stands still before that,
 * from when all else is ready for it.
 */
function isToStandStill(observed: Observed, pod: PodView): boolean {
  const { instance, kept } = observed
  if (instance.spec.powerState === 'Paused') return true
  if (!isKept(observed) || standingOf(kept) === 'lost') return false
  if (pauseOf(observed, pod) !== undefined) return true
  return kept !== undefined && (awaitsPause(kept) || kept.status?.takenAt !== undefined)
}

/** It goes, with its disk. */
const isKept = (observed: Observed): boolean =>
  observed.instance.spec.powerState === 'Shelved' || isLeaving(observed) || isToBeKept(observed)

/**
 * That the guest is going to be paused is written down first, and done after that. An operator that comes after a crash
 * in between would else not know that somebody paused the guest, and never let it run again.
 */
function paused(observed: Observed, pod: PodView): Verdict | undefined {
  if (!isToStandStill(observed, pod)) return undefined
  const why = whyStill(observed)
  const noted = pauseOf(observed, pod)
  if (noted === undefined) {
    const message = `The guest's CPUs are about to be stopped, ${why}.`
    return {
      phase: 'Booting',
      active: yes('Pausing', message),
      guestReady: no('Pausing', message),
      requeueAfterSeconds: 1,
    }
  }
  const message = `The guest's CPUs stand still, ${why}; its memory and disk stay as they are.`
  const kind = isKept(observed) ? 'hold' : 'pause'
  // Its moment waits for a pause that was noted: so it is about to come, or somebody else let the guest go on.
  const isAwaited = kind === 'hold' && observed.kept !== undefined && awaitsPause(observed.kept)
  return {
    phase: 'Paused',
    active: yes('Paused', message),
    guestReady: no('Paused', message),
    atRest: true,
    ...(noted === 'Paused' && !isAwaited ? {} : { action: { kind, podUID: pod.uid } }),
    ...(isAwaited ? { requeueAfterSeconds: awaitedSeconds } : {}),
  }
}

/** Seconds until it is made sure again that a guest stands still whose moment has not come. */
const awaitedSeconds = 5

function whyStill(observed: Observed): string {
  if (observed.instance.spec.powerState === 'Shelved')
    return 'while its disk is kept, as powerState is Shelved'
  if (isToBeKept(observed)) return 'while its disk is kept, as it expired'
  return isLeaving(observed) ? 'while its disk is kept, as its node is drained' : 'as powerState asks'
}

function resumed(observed: Observed, pod: PodView): Verdict | undefined {
  if (pauseOf(observed, pod) === undefined) return undefined
  return {
    phase: 'Booting',
    active: running(pod),
    guestReady: no('Booting', 'The guest runs again and has not answered yet.'),
    action: { kind: 'resume', podUID: pod.uid },
  }
}

function running(pod: PodView): Finding {
  return yes('Running', `QEMU runs the guest on node ${pod.node}.`)
}

function answered({ instance }: Observed, pod: PodView): Verdict | undefined {
  if (!pod.ready) return undefined
  const check = readinessOf(instance.spec.readiness).kind
  const message =
    check === 'none' ? 'QEMU runs; readiness asks for no more.' : `The guest answered the ${check} check.`
  return { phase: 'Ready', active: running(pod), guestReady: yes('GuestAnswered', message) }
}

function silent({ instance, now }: Observed, pod: PodView): Verdict {
  const before = instance.status
  const samePod = before?.podUID === pod.uid && before.restarts === pod.restarts
  const known = findCondition(before?.conditions, 'GuestReady')
  const answeredBefore =
    samePod && (isTrue(before?.conditions, 'GuestReady') || known?.reason === 'GuestSilent')
  return {
    phase: 'Booting',
    active: running(pod),
    guestReady: answeredBefore
      ? no(
          'GuestSilent',
          'The guest answered before and does not any more: look at its console (kubectl logs).',
        )
      : no('Booting', 'QEMU runs; the guest has not answered yet.'),
    requeueAfterSeconds: lookAgainSeconds({ instance, now }),
  }
}

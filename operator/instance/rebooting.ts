import { findCondition } from '../kube/conditions.ts'
import { carriedOut, dueOrder } from './counters.ts'
import type { Observed } from './observed.ts'
import type { PodView } from './pod-view.ts'
import { no, type Verdict, yes } from './verdict.ts'

/** What GuestReady says from the order on until the guest answered again. */
const words = {
  reboot: {
    reason: 'Rebooting',
    message: 'The guest was told to reboot, as rebootGeneration asks, and has not answered since.',
  },
  reset: {
    reason: 'Resetting',
    message: 'The VM was reset, as resetGeneration asks, and the guest has not answered since.',
  },
} as const

const reasons: ReadonlySet<string> = new Set(Object.values(words).map(({ reason }) => reason))

/** Beyond its grace period a guest that was asked in vain is reset by its pod. Seconds. */
const beyondGraceSeconds = 60

/** A counter was raised: the pod is given the order. It knows each by its number, so that asking again does nothing. */
export function ordered(observed: Observed, pod: PodView): Verdict | undefined {
  const { spec } = observed.instance
  const what = dueOrder(carriedOut(observed, pod), spec)
  if (what === undefined) return undefined
  const generation = what === 'reset' ? spec.resetGeneration : spec.rebootGeneration
  return { ...underWay(pod, what), action: { kind: 'order', podUID: pod.uid, order: { what, generation } } }
}

/**
 * The order was given, and the guest has not answered since. The pod's readiness may still be that of before: a guest can be back
 * sooner than the kubelet looks. So while the pod is ready, the runner is asked.
 */
export function rebooting(observed: Observed, pod: PodView): Verdict | undefined {
  const what = orderUnderWay(observed, pod)
  if (what === undefined || isBack(observed, pod, what)) return undefined
  return underWay(pod, what, secondsSince(observed))
}

/** The order that this very machine was given, and whose end nobody has seen yet. */
export function orderUnderWay(
  { instance: { status } }: Pick<Observed, 'instance'>,
  pod: PodView,
): 'reset' | 'reboot' | undefined {
  if (status?.podUID !== pod.uid || status.restarts !== pod.restarts) return undefined
  const reason = findCondition(status.conditions, 'GuestReady')?.reason ?? ''
  if (!reasons.has(reason)) return undefined
  return reason === words.reset.reason ? 'reset' : 'reboot'
}

function isBack(observed: Observed, pod: PodView, what: 'reset' | 'reboot'): boolean {
  if (!pod.ready) return false
  const { instance, runner } = observed
  // Nobody can say more: then the pod's readiness has to do.
  if (runner === undefined) {
    return secondsSince(observed) > instance.spec.terminationGracePeriodSeconds + beyondGraceSeconds
  }
  const reached = what === 'reset' ? runner.reset : runner.rebooted
  const asked = what === 'reset' ? instance.status?.resetGeneration : instance.status?.rebootGeneration
  return runner.guest === 'Ready' && (reached ?? 0) >= (asked ?? 0)
}

function secondsSince({ instance, now }: Observed): number {
  const since = findCondition(instance.status?.conditions, 'GuestReady')?.lastTransitionTime ?? ''
  return Math.max(0, (now.getTime() - Date.parse(since)) / 1000)
}

function underWay(pod: PodView, what: 'reset' | 'reboot', seconds = 0): Verdict {
  const { reason, message } = words[what]
  return {
    phase: 'Rebooting',
    active: yes('Running', `QEMU runs the guest on node ${pod.node}.`),
    guestReady: no(reason, message),
    // Once the pod is not ready any more, a watch tells when it is again.
    ...(pod.ready ? { requeueAfterSeconds: Math.min(Math.max(2, seconds / 4), 15) } : {}),
  }
}

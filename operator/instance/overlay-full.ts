import { findCondition } from '../kube/conditions.ts'
import type { Observed } from './observed.ts'
import type { PodView } from './pod-view.ts'
import { no, type Verdict, yes } from './verdict.ts'

/** A guest that does not answer may stand still for want of room, which only the runner knows: it is asked this often. Seconds. */
const askSeconds = 60

/** A guest that has long been silent is asked about at least this often. Seconds. */
const longestSeconds = 600

/** Until there is room again. The pod gets ready by itself then, which a watch tells; a guest that was not ready before may not. */
const askAgainSeconds = 20

type Full = 'OverlayFull' | 'VolumeFull'

/** QEMU holds the guest, because a write found no room. Nothing is lost, and the runner lets it go on when there is room. */
export function overlayFull(observed: Observed, pod: PodView): Verdict | undefined {
  const reason = pod.ready ? undefined : fullOf(observed, pod)
  if (reason === undefined) return undefined
  const where = messages[observed.instance.status?.rescue === undefined ? reason : rescued[reason]]
  const message = `${where(pod)}: the guest then goes on by itself, and has lost nothing.`
  return {
    phase: 'Stalled',
    active: yes('Running', `QEMU holds the guest on node ${pod.node}.`),
    guestReady: no(reason, message),
    stalled: { reason, message },
    requeueAfterSeconds: askAgainSeconds,
  }
}

/** Of a VM that is rescued, which has no more room for its rescue disk than for a snapshot. */
const rescued = { OverlayFull: 'RescueFull', VolumeFull: 'VolumeFull' } as const

const messages: Readonly<Record<Full | 'RescueFull', (pod: PodView) => string>> = {
  OverlayFull: ({ node }) =>
    `The disk of node ${node} has no room for what the guest writes, so the guest's CPUs stand still. Free room there, by deleting or stopping other VMs or pods`,
  RescueFull: ({ node }) =>
    `The rescue system has written all that there is room for beside the disk of the VM, or the disk of node ${node} is full, so the guest's CPUs stand still. Take spec.rescue away, or free room on the node`,
  VolumeFull: () =>
    "A volume of the VM has no room for what the guest writes to it, so the guest's CPUs stand still. Enlarge the volume, or free room in its storage",
}

function isFull(reason: string | undefined): reason is Full {
  return reason === 'OverlayFull' || reason === 'VolumeFull'
}

function fullOf({ instance, runner }: Observed, pod: PodView): Full | undefined {
  const reason = runner === undefined ? knownFull({ instance }, pod) : runner.reason
  return isFull(reason) ? reason : undefined
}

function knownFull({ instance: { status } }: Pick<Observed, 'instance'>, pod: PodView): string | undefined {
  if (status?.podUID !== pod.uid || status.restarts !== pod.restarts) return undefined
  return findCondition(status.conditions, 'GuestReady')?.reason
}

/**
 * Whether to ask the runner of a VM whose guest does not answer: when it fell silent just now, while its overlay is full, and when
 * it is looked at again. A guest that answers, or has just started, is not asked about.
 */
export function mayBeFull({ instance, now }: Pick<Observed, 'instance' | 'now'>, pod: PodView): boolean {
  if (!pod.started || pod.ready || instance.spec.powerState === 'Paused') return false
  const { status } = instance
  if (status?.podUID !== pod.uid || status.restarts !== pod.restarts) return false
  const known = findCondition(status.conditions, 'GuestReady')
  if (known === undefined) return false
  if (known.status === 'True' || isFull(known.reason)) return true
  return now.getTime() - Date.parse(known.lastTransitionTime) >= askSeconds * 1000
}

/** Seconds until a guest that does not answer is looked at again: the longer it has been silent, the rarer. */
export function lookAgainSeconds({ instance, now }: Pick<Observed, 'instance' | 'now'>): number {
  const since = findCondition(instance.status?.conditions, 'GuestReady')?.lastTransitionTime
  const silent = since === undefined ? 0 : (now.getTime() - Date.parse(since)) / 1000
  return Math.min(Math.max(askSeconds, silent / 4), longestSeconds)
}

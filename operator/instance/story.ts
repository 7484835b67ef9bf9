import type { InstanceStatus } from '../api/instance-status.ts'
import { findCondition } from '../kube/conditions.ts'
import type { EventRecord } from '../kube/events.ts'
import { hungMessage, isBack, wasHung, wasPaused } from './history.ts'

type Chapter = (before: InstanceStatus | undefined, after: InstanceStatus) => EventRecord | undefined

/**
 * The events that tell what became of an instance, from one status to the next. They follow from the statuses alone, so
 * that they are told once, after the status was written, and no restart of the operator tells them again.
 */
export function storyOf(before: InstanceStatus | undefined, after: InstanceStatus): EventRecord[] {
  return chapters.flatMap((chapter) => chapter(before, after) ?? [])
}

const chapters: readonly Chapter[] = [
  (before, after) => {
    if (!turned('Scheduled', before, after)) return undefined
    return normal('Scheduled', 'Schedule', `Placed on node ${after.nodeName}.`)
  },
  (before, after) => {
    if (after.podUID !== before?.podUID || (after.restarts ?? 0) <= (before?.restarts ?? 0)) return undefined
    // Told already, with its cause.
    if ([before, after].some((status) => restarting.has(reason('Active', status) ?? ''))) return undefined
    return normal(
      'Restarted',
      'Restart',
      `A fresh VM takes the place of the last one (restart ${after.restarts}).`,
    )
  },
  (before, after) => {
    if (!turned('Active', before, after) || reason('Active', after) === 'Paused') return undefined
    const took = after.timings?.qemuStarted
    const seconds =
      sameStart(before, after) || took === undefined ? '' : `, ${took / 1000} s after its pod was made`
    return normal(
      'QEMUStarted',
      'Start',
      `QEMU runs the guest under ${after.accelerator ?? 'an accelerator not known yet'}${seconds}.`,
    )
  },
  (before, after) => {
    if (!turned('GuestReady', before, after)) return undefined
    return normal(
      'GuestReady',
      'CheckReadiness',
      `${message('GuestReady', after)} Its address is ${after.ip}.`,
    )
  },
  (before, after) => ordered('Resetting', 'Reset', before?.resetGeneration, after.resetGeneration, after),
  (before, after) => ordered('Rebooting', 'Reboot', before?.rebootGeneration, after.rebootGeneration, after),
  (before, after) =>
    wasHung(before, after)
      ? { type: 'Warning', reason: 'GuestUnresponsive', action: 'Reset', note: hungMessage }
      : undefined,
  (before, after) => entered('Active', 'GuestRebooted', before, after, 'Normal', 'Rebuild'),
  (before, after) => entered('GuestReady', 'GuestSilent', before, after, 'Warning', 'CheckReadiness'),
  (before, after) => entered('Active', 'VolumeInUse', before, after, 'Warning', 'Attach'),
  (before, after) => entered('Active', 'CrashLoop', before, after, 'Warning', 'Restart'),
  (before, after) => entered('Active', 'Restarting', before, after, 'Normal', 'Restart'),
  (before, after) => entered('Active', 'Rebuilding', before, after, 'Normal', 'Rebuild'),
  (before, after) => entered('Active', 'SpecChanged', before, after, 'Normal', 'Rebuild'),
  (before, after) => entered('Active', 'Stopping', before, after, 'Normal', 'Stop'),
  (before, after) => entered('Active', 'Stopped', before, after, 'Normal', 'Stop'),
  (before, after) => entered('Expiring', 'ExpiresSoon', before, after, 'Normal', 'Expire'),
  (before, after) => entered('Expiring', 'IdleSoon', before, after, 'Normal', 'Expire'),
  (before, after) =>
    entered('Expiring', 'Expired', before, after, 'Normal', 'Expire') ??
    (reason('Expiring', after) === 'Expired'
      ? undefined
      : entered('Active', 'Expired', before, after, 'Normal', 'Expire')),
  (before, after) => entered('Expiring', 'Locked', before, after, 'Normal', 'Expire'),
  (before, after) => entered('Expiring', 'Keeping', before, after, 'Normal', 'Expire'),
  (before, after) => entered('GuestReady', 'Shelving', before, after, 'Normal', 'Shelve'),
  (before, after) => entered('Active', 'Shelved', before, after, 'Normal', 'Shelve'),
  (before, after) => entered('Active', 'Paused', before, after, 'Normal', 'Pause'),
  (before, after) => {
    if (!wasPaused(before) || reason('Active', after) !== 'Running') return undefined
    return normal('Resumed', 'Resume', 'The guest runs again.')
  },
  (before, after) => entered('Rescued', 'RescueCopying', before, after, 'Normal', 'Rescue'),
  (before, after) => entered('Rescued', 'RescueBooting', before, after, 'Normal', 'Rescue'),
  (before, after) => entered('Rescued', 'Rescued', before, after, 'Normal', 'Rescue'),
  (before, after) => entered('Rescued', 'RescueLost', before, after, 'Warning', 'Rescue'),
  (before, after) =>
    isBack(before, after)
      ? normal('Unrescued', 'Unrescue', 'The VM was started from its own disk again.')
      : undefined,
  (before, after) => entered('Active', 'PodLost', before, after, 'Warning', 'Restart'),
  (before, after) => entered('Active', 'Drained', before, after, 'Normal', 'Restart'),
  (before, after) => entered('Active', 'Preempted', before, after, 'Warning', 'Restart'),
  (before, after) => entered('Active', 'NodeUnreachable', before, after, 'Warning', 'Restart'),
  (before, after) => entered('Active', 'NodeShutdown', before, after, 'Warning', 'Restart'),
  (before, after) => entered('Active', 'NodeLost', before, after, 'Warning', 'Restart'),
  (before, after) => entered('DrainBlocked', 'NodeCordoned', before, after, 'Normal', 'Drain'),
  (before, after) => entered('DrainBlocked', 'Keeping', before, after, 'Normal', 'Drain'),
  (before, after) => entered('Active', 'Relocating', before, after, 'Normal', 'Drain'),
  (before, after) => entered('Active', 'Evicted', before, after, 'Warning', 'Restart'),
  (before, after) => entered('Active', 'Succeeded', before, after, 'Normal', 'End'),
  (before, after) => entered('Active', 'KVMTaken', before, after, 'Normal', 'Schedule'),
  (before, after) => entered('Scheduled', 'Unschedulable', before, after, 'Warning', 'Schedule'),
  (before, after) => {
    const why = reason('Degraded', after)
    return why === undefined ? undefined : entered('Degraded', why, before, after, 'Warning', 'Reconcile')
  },
  (before, after) => entered('RestartRequired', 'ChangeWaiting', before, after, 'Normal', 'Compare'),
  (before, after) => {
    const stalled = findCondition(after.conditions, 'Stalled')
    const known = findCondition(before?.conditions, 'Stalled')
    if (stalled === undefined) {
      return known === undefined
        ? undefined
        : normal('Mended', 'Reconcile', `No longer stalled for ${known.reason}.`)
    }
    if (stalled.reason === known?.reason && stalled.message === known.message) return undefined
    return { type: 'Warning', reason: stalled.reason, action: 'Reconcile', note: stalled.message }
  },
]

/** A counter was carried out, on a machine that ran. */
function ordered(
  which: string,
  action: string,
  from: number | undefined,
  to: number | undefined,
  after: InstanceStatus,
): EventRecord | undefined {
  if ((to ?? 0) <= (from ?? 0) || reason('GuestReady', after) !== which) return undefined
  return normal(which, action, message('GuestReady', after))
}

/** Reasons of Active while a fresh VM is on its way. */
const restarting: ReadonlySet<string> = new Set(['Restarting', 'CrashLoop'])

function normal(reason: string, action: string, note: string): EventRecord {
  return { type: 'Normal', reason, action, note }
}

function reason(type: string, status: InstanceStatus | undefined): string | undefined {
  return findCondition(status?.conditions, type)?.reason
}

function message(type: string, status: InstanceStatus): string {
  return findCondition(status.conditions, type)?.message ?? ''
}

function sameStart(before: InstanceStatus | undefined, after: InstanceStatus): boolean {
  return before?.timings?.qemuStarted !== undefined && before.podUID === after.podUID
}

/** The condition became True, or is True of another VM than before. */
function turned(type: string, before: InstanceStatus | undefined, after: InstanceStatus): boolean {
  if (findCondition(after.conditions, type)?.status !== 'True') return false
  if (findCondition(before?.conditions, type)?.status !== 'True') return true
  return before?.podUID !== after.podUID
}

/** The condition's reason became this one: its message is the event. */
function entered(
  type: string,
  which: string,
  before: InstanceStatus | undefined,
  after: InstanceStatus,
  kind: EventRecord['type'],
  action: string,
): EventRecord | undefined {
  if (reason(type, after) !== which || reason(type, before) === which) return undefined
  return { type: kind, reason: which, action, note: message(type, after) }
}

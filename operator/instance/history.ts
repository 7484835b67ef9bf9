import { type ActionRecord, mostActions } from '../api/actions.ts'
import type { InstanceStatus } from '../api/instance-status.ts'
import { toTimestamp } from '../kube/clock.ts'
import { findCondition } from '../kube/conditions.ts'
import type { PodView } from './pod-view.ts'

type Entry = Omit<ActionRecord, 'at'>
type Look = Readonly<{
  before: InstanceStatus | undefined
  after: InstanceStatus
  pod: PodView | undefined
  last: ActionRecord | undefined
}>

/**
 * The history of a VM after this status, from the one before: it grows in the very write that tells of what was done, so that it costs no
 * write of its own, and nothing is in it twice.
 */
export function historyOf(
  before: InstanceStatus | undefined,
  after: InstanceStatus,
  pod: PodView | undefined,
  now: Date,
): readonly ActionRecord[] {
  const known = before?.actions ?? []
  const at = toTimestamp(now.getTime())
  let history: readonly ActionRecord[] = known
  for (const chapter of chapters) {
    const entry = chapter({ before, after, pod, last: history.at(-1) })
    if (entry !== undefined) history = [...history, { ...entry, at, message: entry.message.slice(0, 256) }]
  }
  return history.slice(-mostActions)
}

/** In the order in which they happen, where one status tells of several. */
const chapters: readonly ((look: Look) => Entry | undefined)[] = [
  ({ before, after }) => entered(['Rebuilding'], before, after) && entry('Rebuild', after),
  ({ before, after }) =>
    before?.podUID !== undefined && entered(['Stopping', 'Stopped', 'Expired'], before, after)
      ? entry('Stop', after)
      : undefined,
  ({ before, after }) =>
    before?.podUID !== undefined && entered(['Shelved'], before, after) ? entry('Shelve', after) : undefined,
  restarted,
  ({ before, after }) => entered(['Relocating'], before, after) && entry('Relocate', after),
  ({ before, after }) => entered(['Succeeded', 'Failed'], before, after) && entry('End', after),
  ({ after, last }) => {
    // A start after a rebuild or a restart is a part of that.
    if (findCondition(after.conditions, 'Active')?.status !== 'True') return undefined
    if (last === undefined) return { action: 'Start', reason: 'Created', message: 'The first start.' }
    if (last.action === 'Shelve' && after.shelved !== undefined) {
      const message = `A fresh VM, from the disk that was shelved in Snapshot ${after.shelved.snapshot}.`
      return { action: 'Unshelve', reason: 'PowerState', message }
    }
    if (!downs.has(last.action)) return undefined
    const message = `A fresh VM, after the last one was ${last.action === 'Shelve' ? 'shelved' : 'stopped'}.`
    return { action: 'Start', reason: 'PowerState', message }
  },
  ({ before, after }) => entered(['Paused'], before, after) && entry('Pause', after),
  ({ before, after }) => {
    if (!wasPaused(before) || reasonOf('Active', after) !== 'Running') return undefined
    return { action: 'Resume', ...whyResumed(before, after) }
  },
  ({ before, after }) =>
    wasHung(before, after)
      ? { action: 'Reset', reason: 'GuestUnresponsive', message: hungMessage }
      : undefined,
  ({ before, after }) =>
    reasonOf('Rescued', after) === 'Rescued' && reasonOf('Rescued', before) !== 'Rescued'
      ? {
          action: 'Rescue',
          reason: 'Rescued',
          message: `The VM was started from ${after.rescue?.kind} ${after.rescue?.name}.`,
        }
      : undefined,
  ({ before, after }) =>
    isBack(before, after)
      ? { action: 'Unrescue', reason: 'RescueEnding', message: 'The VM was started from its own disk again.' }
      : undefined,
  ordered('Reset', 'Resetting', 'resetGeneration'),
  ordered('Reboot', 'Rebooting', 'rebootGeneration'),
]

/** After these there is no VM, and the next one is a start of its own. */
const downs: ReadonlySet<string> = new Set<Entry['action']>(['Stop', 'Shelve', 'End'])

/** A guest is paused also while its disk is kept, and then nobody asked for it to go on. */
function whyResumed(before: InstanceStatus | undefined, after: InstanceStatus): Omit<Entry, 'action'> {
  if (reasonOf('Stalled', after) === 'NotKept')
    return { reason: 'NotKept', message: 'The guest runs again, because its disk could not be kept.' }
  if (reasonOf('DrainBlocked', before) === 'Keeping')
    return {
      reason: 'DrainCalledOff',
      message: 'The guest runs again: it does not leave its node after all.',
    }
  return { reason: 'PowerState', message: 'The guest runs again, as powerState asks.' }
}

/** Its guest stood still, or was about to, or to be let go on. */
export const wasPaused = (status: InstanceStatus | undefined): boolean =>
  ['Paused', 'Pausing'].includes(reasonOf('Active', status) ?? '')

/** The VM is back from a rescue, with its disk. */
export function isBack(before: InstanceStatus | undefined, after: InstanceStatus): boolean {
  const wasAway = before?.rescue?.bootedAt !== undefined && reasonOf('Rescued', before) === 'RescueEnding'
  return wasAway && after.rescue === undefined && before.podUID === after.podUID
}

/** The pod reset the machine by itself, because its guest did not answer. */
export function wasHung(before: InstanceStatus | undefined, after: InstanceStatus): boolean {
  const same = before?.podUID === after.podUID && before?.restarts === after.restarts
  return (after.livenessResets ?? 0) > (same ? (before?.livenessResets ?? 0) : 0)
}

/** What is told of that. */
export const hungMessage =
  'The guest did not answer for as long as liveness allows, so the VM was reset. Its disk stays.'

function restarted({ before, after, pod }: Look): Entry | undefined {
  if (before?.rebuildGeneration !== after.rebuildGeneration) return undefined
  if ((after.restarts ?? 0) <= (before?.restarts ?? 0)) return undefined
  const active = findCondition(before?.conditions, 'Active')
  const ending = after.podUID === before?.podUID ? pod?.lastEnding : undefined
  const reason =
    ending?.reason ?? (active !== undefined && losses.has(active.reason) ? active.reason : 'PodLost')
  const message =
    ending?.message ?? (reason === active?.reason ? active.message : 'The pod was deleted or lost.')
  return { action: 'Restart', reason, message }
}

/** Reasons of Active that tell how a pod was lost. */
const losses: ReadonlySet<string> = new Set([
  'PodLost',
  'Evicted',
  'GuestRebooted',
  'Drained',
  'Preempted',
  'NodeShutdown',
  'NodeLost',
])

/** A counter was carried out on a machine that ran. */
function ordered(
  action: Entry['action'],
  which: string,
  counter: 'resetGeneration' | 'rebootGeneration',
): (look: Look) => Entry | undefined {
  return ({ before, after }) => {
    if ((after[counter] ?? 0) <= (before?.[counter] ?? 0) || reasonOf('GuestReady', after) !== which)
      return undefined
    return { action, reason: which, message: `spec.${counter} was raised to ${after[counter]}.` }
  }
}

/** Active has one of these reasons, and had none of them before. */
function entered(
  which: readonly string[],
  before: InstanceStatus | undefined,
  after: InstanceStatus,
): true | undefined {
  if (!which.includes(reasonOf('Active', after)) || which.includes(reasonOf('Active', before)))
    return undefined
  return true
}

function entry(action: Entry['action'], { conditions }: InstanceStatus): Entry {
  const { reason = '', message = '' } = findCondition(conditions, 'Active') ?? {}
  return { action, reason, message }
}

const reasonOf = (type: string, status: InstanceStatus | undefined): string =>
  findCondition(status?.conditions, type)?.reason ?? ''

import type { InstanceSetStatus } from '../api/instance-set.ts'
import { findCondition } from '../kube/conditions.ts'
import type { EventRecord } from '../kube/events.ts'
import type { Acted } from './act.ts'
import type { Plan, Why } from './decide.ts'
import { instanceName } from './desired.ts'
import type { Member } from './member.ts'
import type { Observed } from './observed.ts'

/**
 * The events that tell what was done about a set's instances: one for each kind of thing, however many they were. A rollout is
 * told by its beginning and its end alone.
 */
export function deedsOf(plan: Plan, { made }: Acted, { set, members, claimed }: Observed): EventRecord[] {
  const isRolling = members.some(({ isUpdated }) => !isUpdated) || reasonOf(set.status) === 'RollingOut'
  const removed = (why: Why) => plan.remove.filter((one) => one.why === why).map(({ member }) => member)
  const promoted = plan.assign.filter(({ member, role }) => member.role === 'spare' && role === 'replica')
  const passedOver = plan.passedOver.map((ordinal) => instanceName(set, ordinal))
  return [
    ...told(isRolling ? [] : made, (names) => normal('InstancesMade', 'Create', `Made ${names}.`)),
    ...told(promoted.map(nameOf), (names) =>
      normal('SpareTookOver', 'Promote', `${names}, booted beforehand, took over as a replica.`),
    ),
    ...told(removed('scaledDown').map(ownName), (names) =>
      normal('InstancesRemoved', 'Delete', `Removed ${names}: fewer are asked for.`),
    ),
    ...told(removed('lost').map(ownName), (names) =>
      normal('InstancesRemoved', 'Delete', `Removed ${names}: its VM was lost, and a spare took its place.`),
    ),
    ...told(
      claimed.map(({ metadata }) => metadata.name),
      (names) =>
        normal('InstancesReleased', 'Release', `Let go of ${names}, which the set's label was taken off.`),
    ),
    ...told(made.length === 0 ? [] : passedOver, (names) => ({
      type: 'Warning',
      reason: 'NameTaken',
      action: 'Create',
      note: `Passed over ${names}: EphemeralInstances of these names exist and do not belong to this set. They are left alone.`,
    })),
  ]
}

/** The events that follow from one status to the next. */
export function storyOf(before: InstanceSetStatus | undefined, after: InstanceSetStatus): EventRecord[] {
  const [was, is] = [reasonOf(before), reasonOf(after)]
  const stalled = findCondition(after.conditions, 'Stalled')
  const wasStalled = findCondition(before?.conditions, 'Stalled')
  return [
    ...(is === 'RollingOut' && was !== 'RollingOut'
      ? [normal('RolloutStarted', 'Rollout', 'The template changed: the instances are being replaced.')]
      : []),
    ...(was === 'RollingOut' && is === 'AllReady'
      ? [normal('RolloutDone', 'Rollout', 'All replicas are of the template as it is, and Ready.')]
      : []),
    ...(stalled !== undefined && wasStalled?.reason !== stalled.reason
      ? [
          {
            type: 'Warning' as const,
            reason: stalled.reason,
            action: 'Reconcile',
            note: stalled.message,
          },
        ]
      : []),
  ]
}

/** Names as people would say them: `web-0, web-1`, or the first and the number of the rest. */
export function namesOf(names: readonly string[]): string {
  const most = 4
  if (names.length <= most) return names.join(', ')
  return `${names.slice(0, most - 1).join(', ')} and ${names.length - most + 1} more`
}

const told = (names: readonly string[], tell: (names: string) => EventRecord): EventRecord[] =>
  names.length === 0 ? [] : [tell(namesOf(names))]

const normal = (reason: string, action: string, note: string): EventRecord => ({
  type: 'Normal',
  reason,
  action,
  note,
})

const ownName = ({ name }: Member): string => name
const nameOf = ({ member }: Readonly<{ member: Member }>): string => member.name
const reasonOf = (status: InstanceSetStatus | undefined): string | undefined =>
  findCondition(status?.conditions, 'Ready')?.reason

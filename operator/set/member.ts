import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import { labels } from '../api/labels.ts'
import { ownEndings } from '../instance/last-vm.ts'
import { findCondition, isTrue } from '../kube/conditions.ts'

/** What an instance is in its set: one of those that were asked for, or one that stands by. */
export type Role = 'replica' | 'spare'

/** An instance of a set, as far as the set is concerned. */
export type Member = Readonly<{
  name: string
  uid: string
  /** Of the instance as it was looked at: nothing is done to what came after. */
  resourceVersion: string
  /** The number at the end of its name. */
  ordinal: number
  role: Role
  /** The label that says its role is as it should be. */
  isLabelled: boolean
  /** Made from the template as it is. */
  isUpdated: boolean
  isReady: boolean
  /** Its VM ran, and is gone without anybody having asked for that. What was in it is gone, too. */
  isLost: boolean
  /** Somebody protected it from being deleted. */
  isLocked: boolean
  /** Why it waits for somebody to act. */
  stalled?: string
}>

/** Undefined: the name is not one that the set gives. */
export function ordinalOf(setName: string, instanceName: string): number | undefined {
  if (!instanceName.startsWith(`${setName}-`)) return undefined
  const digits = instanceName.slice(setName.length + 1)
  return /^(0|[1-9]\d{0,4})$/.test(digits) ? Number(digits) : undefined
}

function isLost({ spec, status }: EphemeralInstance): boolean {
  const active = findCondition(status?.conditions, 'Active')
  const hasRun = status?.startedAt !== undefined || (status?.restarts ?? 0) > 0
  return (
    hasRun && spec.powerState === 'Running' && active?.status === 'False' && !ownEndings.has(active.reason)
  )
}

/** @param hash of the template as it is */
export function viewMember(instance: EphemeralInstance, setName: string, hash: string): Member {
  const { metadata, status } = instance
  const { name, uid = '', resourceVersion = '', labels: found = {} } = metadata
  const role = found[labels.setRole]
  const stalled = findCondition(status?.conditions, 'Stalled')
  return {
    name,
    uid,
    resourceVersion,
    ordinal: ordinalOf(setName, name) ?? Number.MAX_SAFE_INTEGER,
    role: role === 'spare' ? 'spare' : 'replica',
    isLabelled: role === 'spare' || role === 'replica',
    isUpdated: found[labels.templateHash] === hash,
    isReady: isTrue(status?.conditions, 'Ready'),
    isLost: isLost(instance),
    isLocked: instance.spec.locked !== undefined,
    ...(stalled?.status === 'True' ? { stalled: stalled.message } : {}),
  }
}

import { toTimestamp } from './clock.ts'

export type ConditionStatus = 'True' | 'False' | 'Unknown'

/** metav1.Condition. */
export type Condition = Readonly<{
  type: string
  status: ConditionStatus
  observedGeneration?: number
  lastTransitionTime: string
  reason: string
  message: string
}>

export type NewCondition = Omit<Condition, 'lastTransitionTime'>

/** A message longer than this is cut, so that a condition stays a sentence and not a log. */
export const longestMessage = 1024

/**
 * The list with this condition set: others stay as they are and in their order; `lastTransitionTime` moves only when
 * `status` changes. Returns the very same list when nothing changed.
 * @param now ms since 1970
 */
export function setCondition(
  conditions: readonly Condition[] | undefined,
  next: NewCondition,
  now: number,
): readonly Condition[] {
  const list = conditions ?? []
  const message =
    next.message.length > longestMessage ? `${next.message.slice(0, longestMessage - 3)}...` : next.message
  const old = list.find((condition) => condition.type === next.type)
  if (old === undefined) return [...list, { ...next, message, lastTransitionTime: toTimestamp(now) }]
  const lastTransitionTime = old.status === next.status ? old.lastTransitionTime : toTimestamp(now)
  const set: Condition = { ...next, message, lastTransitionTime }
  if (equal(old, set)) return list
  return list.map((condition) => (condition === old ? set : condition))
}

/** Sets several, in the order given. */
export function setConditions(
  conditions: readonly Condition[] | undefined,
  next: readonly NewCondition[],
  now: number,
): readonly Condition[] {
  return next.reduce<readonly Condition[]>((list, one) => setCondition(list, one, now), conditions ?? [])
}

/** The list without this type; the very same list when it was not in it. */
export function removeCondition(
  conditions: readonly Condition[] | undefined,
  type: string,
): readonly Condition[] {
  const list = conditions ?? []
  return list.some((condition) => condition.type === type)
    ? list.filter((condition) => condition.type !== type)
    : list
}

export const findCondition = (
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined => conditions?.find((condition) => condition.type === type)

export const isTrue = (conditions: readonly Condition[] | undefined, type: string): boolean =>
  findCondition(conditions, type)?.status === 'True'

const equal = (a: Condition, b: Condition): boolean =>
  a.status === b.status &&
  a.reason === b.reason &&
  a.message === b.message &&
  a.observedGeneration === b.observedGeneration

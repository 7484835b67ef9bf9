import { mostUnavailable } from '../api/instance-set-spec.ts'
import type { Member, Role } from './member.ts'
import type { Observed } from './observed.ts'

/** Why an instance is removed. */
export type Why = 'scaledDown' | 'outdated' | 'lost'

/** What is to be done about a set's instances. All of it at once, and each part without waiting for the others. */
export type Plan = Readonly<{
  /** Ordinals, and what their instances are to be. */
  create: readonly Readonly<{ ordinal: number; role: Role }>[]
  /** Members that change places, or whose label somebody took off. */
  assign: readonly Readonly<{ member: Member; role: Role }>[]
  remove: readonly Readonly<{ member: Member; why: Why }>[]
  /** Ordinals that were passed over, since an instance of somebody else has the name. */
  passedOver: readonly number[]
}>

/** What a set needs, from what there is. Pure; applied and observed again, there is nothing left to do. */
export function decide(observed: Observed): Plan {
  const { set, members } = observed
  const { replicas: wanted, warm = 0 } = set.spec
  const pool = new Pool(members)
  replaceLost(pool)
  for (let more = pool.of('replica').length - wanted; more > 0; more--)
    pool.remove(pool.of('replica').sort(leastWorthFirst)[0], 'scaledDown')
  for (let less = wanted - pool.of('replica').length; less > 0; less--)
    pool.assign(pool.of('spare').sort(nextInLine)[0], 'replica')
  for (let more = pool.of('spare').length - warm; more > 0; more--)
    pool.remove(pool.of('spare').sort(leastWorthFirst)[0], 'scaledDown')
  replaceOutdated(pool, observed)

  const missing = {
    replica: Math.max(0, wanted - pool.of('replica').length),
    spare: Math.max(0, warm - pool.of('spare').length),
  }
  // What is on its way out keeps its name a little longer.
  const leaving = new Set([...observed.going, ...pool.removals.map(({ member }) => member.ordinal)])
  return { ...creations(missing, pool, observed, leaving), assign: pool.assignments(), remove: pool.removals }
}

/** Who is what, while a plan is made. */
class Pool {
  readonly #roles: Map<Member, Role>
  readonly removals: { member: Member; why: Why }[] = []

  constructor(members: readonly Member[]) {
    this.#roles = new Map(members.map((member) => [member, member.role]))
  }

  get members(): Member[] {
    return [...this.#roles.keys()]
  }

  of(role: Role): Member[] {
    return this.members.filter((member) => this.#roles.get(member) === role)
  }

  isSpare(member: Member): boolean {
    return this.#roles.get(member) === 'spare'
  }

  assign(member: Member | undefined, role: Role): void {
    if (member !== undefined) this.#roles.set(member, role)
  }

  remove(member: Member | undefined, why: Why): void {
    if (member === undefined) return
    this.#roles.delete(member)
    this.removals.push({ member, why })
  }

  assignments(): { member: Member; role: Role }[] {
    return [...this.#roles]
      .map(([member, role]) => ({ member, role }))
      .filter(({ member, role }) => !member.isLabelled || member.role !== role)
  }
}

const first = (...differences: readonly number[]): number => differences.find((one) => one !== 0) ?? 0
const yesFirst = (a: boolean, b: boolean): number => Number(b) - Number(a)

/** Whom to remove: who is not locked, then who is not Ready, then who is outdated, then the highest number. */
const leastWorthFirst = (a: Member, b: Member): number =>
  first(
    yesFirst(!a.isLocked, !b.isLocked),
    yesFirst(!a.isReady, !b.isReady),
    yesFirst(!a.isUpdated, !b.isUpdated),
    b.ordinal - a.ordinal,
  )

/** Who takes over: who is Ready, then who is up to date, then the lowest number. */
const nextInLine = (a: Member, b: Member): number =>
  first(yesFirst(a.isReady, b.isReady), yesFirst(a.isUpdated, b.isUpdated), a.ordinal - b.ordinal)

/** A Ready spare takes the place of a replica whose VM is lost; where there is none, that replica gets a fresh VM by itself. */
function replaceLost(pool: Pool): void {
  const ready = pool
    .of('spare')
    .filter(({ isReady }) => isReady)
    .sort(nextInLine)
  const lost = pool.of('replica').filter(({ isLost, isLocked }) => isLost && !isLocked)
  for (const [at, next] of ready.slice(0, lost.length).entries()) {
    // Not the other way round: who was a replica never becomes a spare, for nobody knows what was done in it.
    pool.remove(lost[at], 'lost')
    pool.assign(next, 'replica')
  }
}

/**
 * Outdated instances that are not Ready go at once: nobody misses them, and a template that never worked must not block its successor.
 * Of those that are Ready, spares go first, as many as maxUnavailable leaves over; so a bad template is found out before
 * a replica is touched. A Ready spare takes the place of a replica that goes.
 */
function replaceOutdated(pool: Pool, { set }: Observed): void {
  const { replicas, warm = 0, updateStrategy } = set.spec
  if (updateStrategy?.type === 'OnDelete') return
  const outdated = pool.members.filter(({ isUpdated, isLocked }) => !isUpdated && !isLocked)
  for (const member of outdated.filter(({ isReady }) => !isReady)) pool.remove(member, 'outdated')
  const unavailable = replicas + warm - pool.members.filter(({ isReady }) => isReady).length
  const spareFirst = (a: Member, b: Member): number =>
    first(yesFirst(pool.isSpare(a), pool.isSpare(b)), b.ordinal - a.ordinal)
  const ready = outdated.filter(({ isReady }) => isReady).sort(spareFirst)
  for (const member of ready.slice(0, Math.max(0, mostUnavailable(set.spec) - unavailable))) {
    const wasSpare = pool.isSpare(member)
    pool.remove(member, 'outdated')
    const [next] = pool
      .of('spare')
      .filter(({ isReady, isUpdated }) => isReady && isUpdated)
      .sort(nextInLine)
    if (!wasSpare) pool.assign(next, 'replica')
  }
}

/** The lowest numbers that are free. A name that comes free in a moment is waited for; one of somebody else is passed over. */
function creations(
  missing: Readonly<Record<Role, number>>,
  pool: Pool,
  { taken }: Pick<Observed, 'taken'>,
  leaving: ReadonlySet<number>,
): Pick<Plan, 'create' | 'passedOver'> {
  const present = new Set(pool.members.map(({ ordinal }) => ordinal))
  const create: { ordinal: number; role: Role }[] = []
  const passedOver: number[] = []
  let { replica, spare } = missing
  let left = replica + spare
  for (let ordinal = 0; left > 0; ordinal++) {
    if (present.has(ordinal)) continue
    if (taken.has(ordinal)) {
      passedOver.push(ordinal)
      continue
    }
    left--
    if (leaving.has(ordinal)) continue
    const role = replica > 0 ? 'replica' : 'spare'
    if (role === 'replica') replica--
    else spare--
    create.push({ ordinal, role })
  }
  return { create, passedOver }
}

import type { Requirement } from './place.ts'
import { type ClaimView, copyName, numberOf } from './views.ts'

/** The claim that a VM is to boot from. */
export type Choice = Readonly<{
  claim: string
  /** It does not exist yet: it is to be made before the VM's pod, which its volume then follows. */
  isNew: boolean
  /** Where the VM must not run, as a copy there would be one too many. */
  avoid: readonly Requirement[]
}>

/** The scheduler's words for a pod whose volume is on other nodes than those with room. */
const conflict = /volume node affinity conflict|PersistentVolume's node affinity/i

/** Whether another node would take the pod, were its volume not tied to its own. */
export const isTiedDown = (unschedulable: string | undefined): boolean => conflict.test(unschedulable ?? '')

/**
 * For a VM that is made: the ready claim that the fewest VMs have. `content` is the name of the image's own claim.
 * Undefined where every claim is on its way out.
 */
export function firstChoice(content: string, claims: readonly ClaimView[]): Choice | undefined {
  const there = claims.filter(({ isGoing }) => !isGoing)
  const own = there.find(({ record }) => record === undefined)
  if (own !== undefined && own.place === undefined) return use(own)
  const [best] = there
    .filter(({ isReady }) => isReady)
    .map((view, at) => ({ view, at }))
    .sort((a, b) => a.view.vms.length - b.view.vms.length || a.at - b.at)
  if (best !== undefined) return use(best.view)
  return tour(content, claims)[0]
}

/** For a VM that no node takes with `before`: the claim to try next, each in its turn. Undefined where there is no other. */
export function nextChoice(
  content: string,
  claims: readonly ClaimView[],
  before: string,
): Choice | undefined {
  const choices = tour(content, claims)
  const at = choices.findIndex(({ claim }) => claim === before)
  const next = choices[(at + 1) % choices.length]
  return next?.claim === before ? undefined : next
}

/** All that can be tried: what is ready, what has its place and is being filled, and at last a copy at a place of its own. */
export function tour(content: string, claims: readonly ClaimView[]): Choice[] {
  const there = claims.filter(({ isGoing }) => !isGoing)
  const settled = there.filter(({ record, isBound }) => record === undefined || isBound)
  const ordered = [...settled.filter(({ isReady }) => isReady), ...settled.filter(({ isReady }) => !isReady)]
  const choices = ordered.map(use)
  if (settled.some(({ place, isBound }) => isBound && place === undefined)) return choices
  const avoid = settled.flatMap(({ place }) => place?.elsewhere ?? [])
  const open = there.find((view) => !settled.includes(view))
  if (open !== undefined) return [...choices, { claim: open.name, isNew: false, avoid }]
  const places = settled.flatMap(({ place }) => place?.text ?? [])
  // Where a class provides a volume without waiting for the pod, a further copy would land anywhere.
  if (new Set(places).size < places.length) return choices
  const number = Math.max(0, ...claims.map(({ name }) => numberOf(name))) + 1
  return [...choices, { claim: copyName(content, number), isNew: true, avoid }]
}

const use = ({ name }: ClaimView): Choice => ({ claim: name, isNew: false, avoid: [] })

/** Seconds that a pod waits for a node before its VM tries the next claim: short on the first tour, then longer and longer. */
export function patienceSeconds(moves: number, claims: number): number {
  const tours = Math.floor(moves / Math.max(1, claims))
  return tours === 0 ? 2 : Math.min(15 * 2 ** (tours - 1), 300)
}

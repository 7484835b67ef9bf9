import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import type { Booted } from '../api/instance-status.ts'
import { type Choice, firstChoice, isTiedDown, nextChoice, patienceSeconds, tour } from '../copy/choose.ts'
import { findCondition } from '../kube/conditions.ts'
import type { Observed } from './observed.ts'
import type { PodView } from './pod-view.ts'
import { down, type Verdict } from './verdict.ts'

/** What the pod of a VM boots, and where it must not run. */
export type Placing = Readonly<{
  boot: Booted
  avoid: Choice['avoid']
  /** The claim is a copy that does not exist yet. */
  isNew: boolean
}>

/** Whether the operator took the last pod away, so that one with another claim takes its place. */
export const isMoving = ({ status }: EphemeralInstance): boolean =>
  findCondition(status?.conditions, 'Active')?.reason === 'Moving'

/**
 * What the next pod boots. An image on storage that is tied to a node has copies on others, and the scheduler knows of one
 * claim in a pod only: so the operator offers them to it in turn.
 */
export function placingOf(
  { instance, content, claims }: Pick<Observed, 'instance' | 'content' | 'claims'>,
  boot: Booted,
): Placing {
  const before = isMoving(instance) ? instance.status?.boot : undefined
  if (content === undefined) return { boot, avoid: [], isNew: false }
  const next = before === undefined ? undefined : nextChoice(content.claim, claims, before.claim)
  const choice = next ?? firstChoice(content.claim, claims)
  if (choice === undefined) return { boot, avoid: [], isNew: false }
  const { claim, avoid, isNew } = choice
  const moves = next === undefined ? {} : { moves: (before?.moves ?? 0) + 1 }
  return { boot: { ...boot, claim, ...moves }, avoid, isNew }
}

/** A pod that has not run, and that no node takes with its claim, makes room for one with another claim. */
export function moved(observed: Observed, pod: PodView): Verdict | undefined {
  const { content } = observed
  const claim = pod.boot?.claim
  if (content === undefined || claim === undefined || !isStuck(observed, pod)) return undefined
  const next = nextChoice(content.claim, observed.claims, claim)
  if (next === undefined || secondsToMove(observed, pod) > 0) return undefined
  const why = pod.unschedulable === undefined ? `claim ${claim} is on its way out` : pod.unschedulable
  const message = `No node takes the VM with claim ${claim} (${why}). Its pod is made anew, with claim ${next.claim}.`
  return { ...down('Pending', 'Moving', message), action: { kind: 'delete', podUID: pod.uid } }
}

/** Seconds until a pod that no node takes may make room; undefined where it is to stay. */
export function secondsUntilMove(observed: Observed, pod: PodView): number | undefined {
  return isStuck(observed, pod) ? Math.max(0.5, secondsToMove(observed, pod)) : undefined
}

function secondsToMove({ content, claims, now }: Observed, pod: PodView): number {
  const choices = tour(content?.claim ?? '', claims).length
  const age = (now.getTime() - Date.parse(pod.createdAt)) / 1000
  return patienceSeconds(pod.boot?.moves ?? 0, choices) - age
}

function isStuck(observed: Observed, pod: PodView): boolean {
  const { content, under } = observed
  if (content === undefined || pod.started || pod.lastEnding !== undefined) return false
  // What was to be filled was told to go.
  if (under?.isGoing === true && !under.isReady) return true
  if (pod.node !== undefined || pod.unschedulable === undefined) return false
  return under === undefined || under.isGoing || !under.isBound || isTiedDown(pod.unschedulable)
}

/** The VM's node is known, and the copy there is not done yet. */
export function copying(observed: Observed, pod: PodView): Verdict | undefined {
  const { under } = observed
  if (under === undefined || under.isReady || pod.node === undefined) return undefined
  const { lastFailure, failures = 0 } = under.record ?? {}
  const trouble =
    lastFailure === undefined
      ? ''
      : ` It failed ${failures} times so far, and is tried again: ${lastFailure.message}`
  const message = `The image is being copied to node ${pod.node}, into claim ${under.name}; the VM starts when it is there.${trouble}`
  return { ...down('Starting', 'CopyingImage', message), requeueAfterSeconds: 5 }
}

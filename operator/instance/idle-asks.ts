import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import { keyOf } from '../kube/object.ts'
import { machineOf } from './asking-guest.ts'
import { spread } from './guest-asks.ts'
import { type IdleLimit, idleFor, idleLimitOf, noticedAfter } from './idle.ts'
import type { PodView } from './pod-view.ts'

type Entry = Readonly<{ of: string; due: number }>

/**
 * When each VM is to be asked how long nobody has used it: when it may have been idle for so long that it is told, and again when it may have expired.
 * Only in memory: after a restart of the operator each is asked once, not all of them at the same time.
 */
export class IdleAsks {
  readonly #byKey = new Map<string, Entry>()

  /** Milliseconds until the pod is to be asked, 0: now; undefined: its VM cannot expire as idle at present. */
  millisecondsLeft(instance: EphemeralInstance, pod: PodView | undefined, now: Date): number | undefined {
    const limit = idleLimitOf(instance, pod)
    if (limit === undefined || pod?.metersUse !== true) return undefined
    const of = identity(pod, limit)
    const known = this.#byKey.get(keyOf(instance))
    const due = known?.of === of ? known.due : firstDue(of, limit, now)
    if (known?.of !== of) this.#byKey.set(keyOf(instance), { of, due })
    return Math.max(0, due - now.getTime())
  }

  /** The pod said this; undefined: it could not be reached. */
  note(instance: EphemeralInstance, pod: PodView, said: number | undefined, now: Date): void {
    const limit = idleLimitOf(instance, pod)
    if (limit === undefined) return
    const seconds = secondsUntilNext(
      said === undefined ? undefined : idleFor(said, limit, now),
      limit.seconds,
    )
    const due = now.getTime() + seconds * 1000
    this.#byKey.set(keyOf(instance), { of: identity(pod, limit), due })
  }

  forget(key: string): void {
    this.#byKey.delete(key)
  }
}

const identity = (pod: PodView, { seconds, from }: IdleLimit): string =>
  `${machineOf(pod)}/${seconds}/${from}`

/** A control port that nobody reaches costs a worker its whole patience, each time. Seconds. */
const unreachableSeconds = 60

/** Seconds until a VM is asked again that has not been used for so long; undefined: it could not be asked. */
export function secondsUntilNext(idle: number | undefined, limit: number): number {
  const notice = noticedAfter(limit)
  if (idle === undefined) return Math.max(unreachableSeconds, limit - notice)
  if (idle >= limit) return Math.max(10, limit - notice)
  // What it says has whole seconds.
  return Math.ceil((idle < notice ? notice : limit) - idle) + 1
}

function firstDue(of: string, { seconds, from }: IdleLimit, now: Date): number {
  const notice = noticedAfter(seconds)
  const due = from + notice * 1000
  return due > now.getTime() ? due : now.getTime() + spread(of) * (seconds - notice) * 1000
}

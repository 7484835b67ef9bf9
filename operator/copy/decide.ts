import { retryDelaySeconds } from '../worker/backoff.ts'
import type { WorkerView } from '../worker/view.ts'
import type { CopyRecord } from './record.ts'
import type { ClaimView } from './views.ts'

/** Everything that a decision about one copy rests on. */
export type CopyObserved = Readonly<{
  copy: ClaimView & Readonly<{ record: CopyRecord }>
  /** It is of what the image holds now, and its namespace may have it. */
  isWanted: boolean
  /** The image is to be deleted once nothing uses it. */
  isLeaving: boolean
  /** The claims that it can be made from, in the order in which they are tried. */
  sources: readonly ClaimView[]
  /** The pod that offers the image, and the one that writes the copy. */
  source: WorkerView | undefined
  target: WorkerView | undefined
  /** Since when the pod that offers the image is known, RFC 3339. */
  sourceMadeAt: string | undefined
  /** The node of a VM that waits for it. */
  node: string | undefined
  /** Another copy of the same image is being made in the namespace. */
  isBusy: boolean
  /** Seconds for which a copy is kept that no VM has. */
  keepSeconds: number
  now: Date
}>

export type CopyAction =
  | Readonly<{ kind: 'note'; record: CopyRecord }>
  | Readonly<{ kind: 'deleteClaim' | 'removeWorkers' }>
  | Readonly<{ kind: 'createSource'; source: ClaimView }>
  | Readonly<{ kind: 'createTarget'; host: string; node: string }>

/** What to do for a copy: nothing, until something changes or the time is over; or one step. */
export type CopyVerdict = Readonly<{ action?: CopyAction; requeueAfterSeconds?: number }>

type Check = (observed: CopyObserved) => CopyVerdict | undefined

/** In this order: the first that has something to say decides. */
const checks: readonly Check[] = [
  going, //       it is on its way out
  unused, //      no VM has it
  usedAgain, //   one has it again
  outdated, //    the image holds something else by now
  ready, //       it is equal to the image
  complete, //    the worker found so, a moment ago
  failed, //      a worker failed, and it is not counted yet
  backingOff, //  one failed, and the next try is not due
  ended, //       a worker's pod is over, or told to go
  withoutNode, // no VM that waits for it has a node
  inTurn, //      another copy comes first
  withoutSource,
  sourceOnItsWay,
  withoutTarget,
]

/** Pure: the same observation gives the same verdict. */
export function decideCopy(observed: CopyObserved): CopyVerdict {
  for (const check of checks) {
    const verdict = check(observed)
    if (verdict !== undefined) return verdict
  }
  return {}
}

const note = (record: CopyRecord): CopyVerdict => ({ action: { kind: 'note', record } })

const hasWorkers = ({ source, target }: CopyObserved): boolean =>
  [source, target].some((one) => one !== undefined && !one.terminating)

const rest = (observed: CopyObserved): CopyVerdict =>
  hasWorkers(observed) ? { action: { kind: 'removeWorkers' } } : {}

function going(observed: CopyObserved): CopyVerdict | undefined {
  return observed.copy.isGoing ? rest(observed) : undefined
}

/** A copy that is not there yet is of use to those alone who wait for it. */
const unfinishedSeconds = 60

function unused({ copy, isWanted, isLeaving, keepSeconds, now }: CopyObserved): CopyVerdict | undefined {
  const { record, vms, isReady } = copy
  if (vms.length > 0) return undefined
  if (record.unusedSince === undefined) return note({ ...record, unusedSince: now.toISOString() })
  const keep = !isWanted || isLeaving ? 0 : isReady ? keepSeconds : Math.min(unfinishedSeconds, keepSeconds)
  const left = keep - (now.getTime() - Date.parse(record.unusedSince)) / 1000
  if (left <= 0) return { action: { kind: 'deleteClaim' } }
  return isReady ? undefined : { requeueAfterSeconds: left }
}

function usedAgain({ copy: { record, vms } }: CopyObserved): CopyVerdict | undefined {
  if (vms.length === 0 || record.unusedSince === undefined) return undefined
  const { unusedSince: _, ...used } = record
  return note(used)
}

function outdated({ copy, isWanted }: CopyObserved): CopyVerdict | undefined {
  // VMs that run on it keep it. Those that wait for it would wait in vain: they move when it is told to go.
  return isWanted || copy.isReady ? undefined : { action: { kind: 'deleteClaim' } }
}

function ready(observed: CopyObserved): CopyVerdict | undefined {
  const { copy, keepSeconds, now } = observed
  if (!copy.isReady) return undefined
  const { unusedSince } = copy.record
  if (hasWorkers(observed) || unusedSince === undefined) return rest(observed)
  return { requeueAfterSeconds: keepSeconds - (now.getTime() - Date.parse(unusedSince)) / 1000 }
}

function complete({ copy: { record }, target, now }: CopyObserved): CopyVerdict | undefined {
  const { outcome, uid = '' } = target ?? {}
  if (outcome?.kind !== 'complete') return undefined
  if (outcome.result.sha256 === record.sha256) return note({ ...record, readyAt: now.toISOString() })
  if (record.lastFailure?.podUID === uid) return undefined
  return note(
    failedOnce(record, now, uid, 'DigestMismatch', `The copy has the digest ${outcome.result.sha256}.`),
  )
}

/** A pod that offers an image and has not come up after this time stays away: its node is full, or gone. */
const comeUpSeconds = 60

function failed({
  copy: { record },
  source,
  target,
  sourceMadeAt,
  now,
}: CopyObserved): CopyVerdict | undefined {
  for (const worker of [target, source]) {
    if (worker?.outcome === undefined || worker.uid === record.lastFailure?.podUID) continue
    const { reason, message } =
      worker.outcome.kind === 'failed'
        ? worker.outcome
        : { reason: 'WorkerLost', message: 'The worker that offers the image ended.' }
    return note(failedOnce(record, now, worker.uid, reason, message))
  }
  if (source === undefined || source.runningSince !== undefined) return undefined
  if (source.uid === record.lastFailure?.podUID) return undefined
  if (now.getTime() - Date.parse(sourceMadeAt ?? '') < comeUpSeconds * 1000) return undefined
  const why = source.unschedulable ?? source.waiting?.message ?? 'its node does not start it.'
  return note(
    failedOnce(
      record,
      now,
      source.uid,
      'SourceLost',
      `The worker that offers the image does not start: ${why}`,
    ),
  )
}

/** The record of a copy after one more try that failed. */
export function failedOnce(
  record: CopyRecord,
  now: Date,
  podUID: string,
  reason: string,
  message: string,
): CopyRecord {
  return {
    ...record,
    failures: record.failures + 1,
    lastFailure: { reason, message: message.slice(0, 512), at: now.toISOString(), podUID },
  }
}

function backingOff(observed: CopyObserved): CopyVerdict | undefined {
  const { copy, source, target, now } = observed
  const { lastFailure, failures } = copy.record
  if (lastFailure === undefined) return undefined
  // Both go: whichever of them failed, the other's other end is gone.
  if ([source, target].some((one) => one?.uid === lastFailure.podUID && !one.terminating))
    return { action: { kind: 'removeWorkers' } }
  const left = retryDelaySeconds(failures) - (now.getTime() - Date.parse(lastFailure.at)) / 1000
  return left > 0 ? { requeueAfterSeconds: left } : undefined
}

function ended(observed: CopyObserved): CopyVerdict | undefined {
  const { source, target } = observed
  const isEnding = [source, target].some((one) => one?.terminating === true)
  // The next try begins when both are gone.
  return isEnding ? rest(observed) : undefined
}

function withoutNode(observed: CopyObserved): CopyVerdict | undefined {
  return observed.node === undefined || !observed.copy.isBound ? rest(observed) : undefined
}

function inTurn({ isBusy, source }: CopyObserved): CopyVerdict | undefined {
  return isBusy && source === undefined ? {} : undefined
}

function withoutSource(observed: CopyObserved): CopyVerdict | undefined {
  const { copy, sources, source } = observed
  if (source !== undefined) return undefined
  // What is left of a try whose other half somebody took away.
  if (hasWorkers(observed)) return { action: { kind: 'removeWorkers' } }
  const chosen = sources[copy.record.failures % Math.max(1, sources.length)]
  return chosen === undefined ? {} : { action: { kind: 'createSource', source: chosen } }
}

function sourceOnItsWay({ source, sourceMadeAt, now }: CopyObserved): CopyVerdict | undefined {
  if (source?.runningSince !== undefined && source.ips.length > 0) return undefined
  const age = (now.getTime() - Date.parse(sourceMadeAt ?? '')) / 1000
  return { requeueAfterSeconds: Math.max(1, comeUpSeconds - age) }
}

function withoutTarget({ source, target, node }: CopyObserved): CopyVerdict | undefined {
  const [host] = source?.ips ?? []
  if (target !== undefined || host === undefined || node === undefined) return undefined
  return { action: { kind: 'createTarget', host, node } }
}

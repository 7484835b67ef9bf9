import { hasFinalizer } from '../kube/finalizer.ts'
import type { Pod } from '../kube/object.ts'
import { isControlledBy } from '../kube/owner.ts'
import { rareRetryDelaySeconds, retryDelaySeconds } from '../worker/backoff.ts'
import { firmwareOfWorker } from '../worker/firmware.ts'
import { viewWorker, type WorkerView } from '../worker/view.ts'
import { imageFinalizer } from './children.ts'
import { firmwareAskedFor } from './firmware.ts'
import { judgeWorker } from './importing.ts'
import type { Observed } from './observed.ts'
import { goesOn, stalled, type Verdict } from './verdict.ts'

/** One question about what was observed; undefined hands on to the next. */
type Check = (observed: Observed, worker: WorkerView | undefined) => Verdict | undefined

/** In this order: the first that has something to say decides. */
const checks: readonly Check[] = [
  deleted, //        it is to go: when nothing uses it any more
  unprotected, //    nothing is made before a delete would wait for it
  nameTaken, //      something else has the name that the content needs
  published, //      the content is there
  claimLost, //      the claim is going, or lost its volume
  made, //           the worker made it a moment ago
  failed, //         the worker failed, and it is not counted yet
  refused, //        it failed, and only somebody can mend it
  backingOff, //     it failed, and the next try is not due
  goingAway, //      the worker pod was told to go
  withoutSource, //  what it is made from is not there
  withoutClaim, //   there is no claim yet: make one
  withoutWorker, //  there is no worker: make one
]

/** What to say of an image and what to do about it. Pure: the same observation gives the same verdict. */
export function decide(observed: Observed): Verdict {
  const { image, pod } = observed
  const worker = pod !== undefined && isControlledBy(pod, image) ? viewWorker(pod) : undefined
  for (const check of checks) {
    const verdict = check(observed, worker)
    if (verdict !== undefined) return verdict
  }
  if (worker === undefined) throw new TypeError('an image without a worker was left undecided')
  return judgeWorker(observed, worker)
}

function deleted({ image, users }: Observed): Verdict | undefined {
  if (image.metadata.deletionTimestamp === undefined) return undefined
  if (users.length === 0) {
    const verdict = goesOn('Deleting', 'Deleting', 'The image is being deleted, and its claims with it.')
    return hasFinalizer(image, imageFinalizer) ? { ...verdict, action: 'release' } : verdict
  }
  const first = users.slice(0, 8).map(({ kind, name }) => `${kind} ${name}`)
  const more = users.length > first.length ? ` and ${users.length - first.length} more` : ''
  const message = `The image is deleted once nothing uses it any more. It is used by ${first.join(', ')}${more}: delete them, or let them boot from something else.`
  return goesOn('Deleting', 'InUse', message)
}

function unprotected({ image }: Observed): Verdict | undefined {
  if (hasFinalizer(image, imageFinalizer)) return undefined
  return { ...goesOn('Pending', 'Pending', 'The image was just seen.'), action: 'protect' }
}

function nameTaken({ image, claim, pod, wanted }: Observed): Verdict | undefined {
  for (const [what, object] of [
    ['PersistentVolumeClaim', claim],
    ['Pod', pod],
  ] as const) {
    if (object === undefined || isControlledBy(object, image)) continue
    return stalled(
      'Pending',
      'NameTaken',
      `${what} ${wanted} exists and does not belong to this image: delete it, or give the image another name.`,
    )
  }
  return undefined
}

/** Whether the content that the spec asks for is published. */
export function isPublished({ image: { status }, wanted }: Pick<Observed, 'image' | 'wanted'>): boolean {
  return status?.claim === wanted && status.sha256 !== undefined
}

const isGoing = ({ claim }: Observed): boolean =>
  claim?.metadata.deletionTimestamp !== undefined || claim?.status?.phase === 'Lost'

function published(observed: Observed): Verdict | undefined {
  const { claim, wanted } = observed
  // A claim that somebody deleted is made again, and filled again.
  if (claim === undefined || isGoing(observed) || !isPublished(observed)) return undefined
  return {
    phase: 'Ready',
    isReady: true,
    reason: 'Imported',
    message: `The image is in claim ${wanted}.`,
    progress: 100,
  }
}

function claimLost(observed: Observed): Verdict | undefined {
  if (!isGoing(observed)) return undefined
  return stalled(
    'Pending',
    'ClaimLost',
    `PersistentVolumeClaim ${observed.wanted} is being deleted or has lost its volume. When it is gone, the image is made again in a new one: delete it, and stop the VMs that still use it.`,
  )
}

function made({ image: { status } }: Observed, worker: WorkerView | undefined): Verdict | undefined {
  if (worker?.outcome?.kind !== 'complete') return undefined
  // Its claim was taken from under it after that.
  if (status?.import?.lastFailure?.podUID === worker.uid) return undefined
  return {
    phase: 'Ready',
    isReady: true,
    reason: 'Imported',
    message: `The image is in claim ${worker.name}.`,
    progress: 100,
    made: worker.outcome.result,
  }
}

/** What is noted about the content that is being made; nothing where that is about another one. */
export function workOf({ image: { status }, wanted }: Pick<Observed, 'image' | 'wanted'>) {
  return status?.import?.claim === wanted ? status.import : undefined
}

function failed(observed: Observed, worker: WorkerView | undefined): Verdict | undefined {
  const work = workOf(observed)
  const lastUID = work?.lastFailure?.podUID
  if (worker?.outcome?.kind === 'failed' && worker.uid !== lastUID) {
    const { kind: _, ...failure } = worker.outcome
    return noted(observed, {
      ...failure,
      ...roomOf(observed, failure),
      ...triedFirmware(observed, failure),
      podUID: worker.uid,
    })
  }
  if (worker !== undefined || work?.podUID === undefined || work.podUID === lastUID) return undefined
  const message = 'The worker pod was deleted, or lost with its node.'
  return noted(observed, { reason: 'WorkerLost', message, permanent: false, podUID: work.podUID })
}

/** The same file does not fit into the same claim: that it does not is for somebody to mend, or for whoever enlarges the claim. */
function roomOf({ claim }: Observed, { reason }: Told) {
  if (reason !== 'NoSpace') return {}
  const claimSize = sizeOf(claim)
  return { permanent: true, ...(claimSize === undefined ? {} : { claimSize }) }
}

/** What boots by one firmware may not by the other. */
function triedFirmware({ pod }: Observed, { reason }: Told) {
  const firmware = pod === undefined ? undefined : firmwareOfWorker(pod)
  return reason !== 'NotBootable' || firmware === undefined ? {} : { firmware }
}

const sizeOf = (claim: Observed['claim']): string | undefined => claim?.status?.capacity?.storage

function noted(observed: Observed, failure: NonNullable<Verdict['failure']>): Verdict {
  if (failure.permanent)
    return {
      ...forNow(observed, failure),
      failure,
      requeueAfterSeconds: secondsUntilRareTry(observed, observed.now),
    }
  const failures = (workOf(observed)?.failures ?? 0) + 1
  return { ...tryAgain(failure, failures), failure, requeueAfterSeconds: retryDelaySeconds(failures) }
}

type Told = Pick<NonNullable<Verdict['failure']>, 'reason' | 'message'>

const forNow = ({ image }: Observed, { reason, message }: Told): Verdict =>
  stalled('Failed', reason, `${message} ${remedyOf(image, reason)}`)

function remedyOf({ spec }: Observed['image'], reason: Told['reason']): string {
  if (reason === 'NoSpace')
    return `spec.capacity is ${spec.capacity}: raise it, for a larger claim. The operator tries this one again by itself, when it is enlarged, and else at first after an hour.`
  const what = reason === 'NotBootable' ? 'spec.source or spec.firmware' : 'spec.source'
  return `Correct ${what}, or mend it there and raise spec.importGeneration; the operator tries again by itself, at first after an hour.`
}

/** Seconds until what only somebody can mend is tried again, just in case. */
function secondsUntilRareTry(observed: Observed, failedAt: Date): number {
  const began = Date.parse(workOf(observed)?.startedAt ?? '') || failedAt.getTime()
  const delay = rareRetryDelaySeconds((failedAt.getTime() - began) / 1000)
  return delay - (observed.now.getTime() - failedAt.getTime()) / 1000
}

const tryAgain = ({ reason, message }: Told, failures: number): Verdict =>
  goesOn(
    'Importing',
    reason,
    `${message} It is tried again ${retryDelaySeconds(failures)} s after the failure.`,
  )

function refused(observed: Observed, worker: WorkerView | undefined): Verdict | undefined {
  const work = workOf(observed)
  const failure = work?.lastFailure
  // A pod of its own since then is the next try.
  if (failure?.permanent !== true || (worker !== undefined && worker.uid !== failure.podUID)) return undefined
  const size = sizeOf(observed.claim)
  const hasGrown = failure.reason === 'NoSpace' && size !== undefined && size !== failure.claimSize
  const requeueAfterSeconds =
    hasGrown || isToBootOtherwise(observed) ? 0 : secondsUntilRareTry(observed, new Date(failure.at))
  // When it is due, the pod that failed goes before another one is made.
  return requeueAfterSeconds > 0 || worker !== undefined
    ? { ...forNow(observed, failure as Told), requeueAfterSeconds: Math.max(1, requeueAfterSeconds) }
    : undefined
}

/** It failed as what it is not to boot by any more. */
function isToBootOtherwise({ image: { spec, status }, source }: Observed): boolean {
  const { reason, firmware } = status?.import?.lastFailure ?? {}
  if (reason !== 'NotBootable' || firmware === undefined) return false
  return firmware !== firmwareAskedFor(spec, source.kind === 'ready' ? source.inherits : undefined)
}

function goingAway(_: Observed, worker: WorkerView | undefined): Verdict | undefined {
  if (worker?.terminating !== true) return undefined
  return goesOn(
    'Importing',
    'WorkerLost',
    'The worker pod was told to go; another one follows when it is gone.',
  )
}

function backingOff(observed: Observed, worker: WorkerView | undefined): Verdict | undefined {
  const work = workOf(observed)
  const failure = work?.lastFailure
  if (failure === undefined || failure.permanent || (worker !== undefined && worker.uid !== failure.podUID))
    return undefined
  const failures = work?.failures ?? 1
  const age = (observed.now.getTime() - Date.parse(failure.at)) / 1000
  const left = retryDelaySeconds(failures) - age
  const told = tryAgain(failure as Told, failures)
  if (left > 0) return { ...told, requeueAfterSeconds: left }
  // Its pod is on its way out.
  return worker === undefined ? undefined : told
}

function withoutSource({ source, pod }: Observed): Verdict | undefined {
  if (source.kind === 'ready' || pod !== undefined) return undefined
  if (source.kind === 'waiting') return goesOn('Pending', 'SourceNotReady', source.message)
  return stalled('Pending', source.kind === 'missing' ? 'SourceNotFound' : 'SourceFailed', source.message)
}

function withoutClaim(observed: Observed): Verdict | undefined {
  const { claim, wanted } = observed
  if (claim !== undefined) return undefined
  // First it is taken back that the old claim, which somebody deleted, holds the image: the new one does not yet.
  if (isPublished(observed))
    return goesOn('Pending', 'ClaimLost', `Claim ${wanted} is gone; the image is made again in a new one.`)
  const told = goesOn('Pending', 'Starting', `Claim ${wanted} was just made.`)
  return { ...told, action: 'createClaim', passing: true }
}

function withoutWorker({ pod, wanted }: Observed): Verdict | undefined {
  if (pod !== undefined) return undefined
  return { ...goesOn('Pending', 'Starting', `Pod ${wanted} was just made.`), action: 'createWorker' }
}

/** What is of no use any more, once the status is as given: ended workers, and contents that nothing asks for or uses. */
export function leftovers(observed: Observed, status: Observed['image']['status']) {
  const { image, pods, claims, claimsInUse, wanted, now } = observed
  const isDeleting = image.metadata.deletionTimestamp !== undefined
  const isDone = isPublished({ image: { ...image, status }, wanted })
  const forgotten = image.status?.import?.claim
  const isOver = (pod: Pod) =>
    isDeleting ||
    pod.metadata.name !== wanted ||
    isDone ||
    pod.metadata.uid === status?.import?.lastFailure?.podUID
  const settled = now.getTime() - Date.parse(status?.importedAt ?? '') > graceMilliseconds
  return {
    pods: pods.filter(isOver),
    /** Name of the Secret of a worker that the status is about to forget. */
    secret: status?.import?.claim === forgotten ? undefined : forgotten,
    claims: claims.filter(({ metadata: { name, deletionTimestamp } }) => {
      if (isDeleting || deletionTimestamp !== undefined || name === wanted) return false
      // The content that VMs boot from until the new one is there, and that one may be chosen a moment before.
      if (name === status?.claim || claimsInUse.has(name)) return false
      return !isDone || settled
    }),
    /** Seconds until a claim that waits for nothing else may go. */
    lookAgainSeconds:
      isDone && !settled && claims.some(({ metadata: { name } }) => name !== wanted)
        ? graceMilliseconds / 1000
        : undefined,
  }
}

/** For so long after a new content was published, a VM may still be made from the one before. */
const graceMilliseconds = 30_000

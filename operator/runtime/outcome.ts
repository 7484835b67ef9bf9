import { isAborted, isConflict, isTransient, KubeError } from '../kube/errors.ts'

/** What a reconcile that succeeded asks for. Empty: nothing more until something changes. */
export type Outcome = Readonly<{
  /** Reconcile again after this many seconds, unless something changes before. */
  requeueAfterSeconds?: number
}>

/**
 * Only a change can help: by the user, or in the cluster. Thrown to end a reconcile; not tried again until a watched
 * object changes. `reason` and `message` are for the condition `Stalled`: the message says what to do, and holds
 * nothing that changes by itself (times, counts, addresses), else each write of it causes the next.
 */
export class Stalled extends Error {
  override readonly name = 'Stalled'
  readonly reason: string

  constructor(reason: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.reason = reason
  }
}

/** Something that is on its way is not there yet: no error, looked at again after `seconds`. */
export class Waiting extends Error {
  override readonly name = 'Waiting'
  readonly reason: string
  readonly seconds: number

  constructor(reason: string, message: string, seconds: number) {
    super(message)
    this.reason = reason
    this.seconds = seconds
  }
}

/** The reconcile did not end within its time. */
export class ReconcileTimeout extends Error {
  override readonly name = 'ReconcileTimeout'
}

/** What a thrown value means: for the queue, for the log, and for the object's conditions. */
export type Verdict = Readonly<{
  kind: 'stalled' | 'waiting' | 'conflict' | 'aborted' | 'timeout' | 'retry' | 'bug'
  /** Goes into the condition (CamelCase). */
  reason: string
  message: string
  /** Absent: by the queue's backoff for `conflict`, `timeout`, `retry` and `bug`; not at all for `stalled` and `aborted`. */
  requeueAfterSeconds?: number
  log: 'debug' | 'info' | 'warn' | 'error'
}>

/**
 * The one place that says what becomes of an error.
 * @param stopping whether the operator is ending its work: only then is an aborted call nothing to speak of
 */
export function judge(error: unknown, stopping = false): Verdict {
  if (error instanceof Stalled)
    return { kind: 'stalled', reason: error.reason, message: error.message, log: 'info' }
  if (error instanceof Waiting)
    return {
      kind: 'waiting',
      reason: error.reason,
      message: error.message,
      requeueAfterSeconds: error.seconds,
      log: 'debug',
    }
  if (error instanceof ReconcileTimeout)
    return { kind: 'timeout', reason: 'ReconcileTimeout', message: error.message, log: 'error' }
  if (stopping && (isAborted(error) || (error instanceof Error && error.name === 'AbortError')))
    return { kind: 'aborted', reason: 'Aborted', message: 'the operator is stopping', log: 'debug' }
  if (isConflict(error))
    return { kind: 'conflict', reason: 'Conflict', message: messageOf(error), log: 'info' }
  if (error instanceof KubeError)
    return {
      kind: 'retry',
      reason: error.reason,
      message: error.message,
      log: isTransient(error) ? 'warn' : 'error',
    }
  if (isProgrammingError(error))
    return { kind: 'bug', reason: 'InternalError', message: messageOf(error), log: 'error' }
  return { kind: 'retry', reason: 'ReconcileFailed', message: messageOf(error), log: 'error' }
}

/** What Go would call a panic: not a fault of the world, but of the code. */
const isProgrammingError = (error: unknown): boolean =>
  !(error instanceof Error) ||
  error instanceof TypeError ||
  error instanceof ReferenceError ||
  error instanceof RangeError ||
  error instanceof SyntaxError

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

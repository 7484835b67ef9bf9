/** What went wrong in a call, as far as one can tell without an answer of the API server. */
export type NetworkReason = 'ConnectionFailed' | 'Timeout' | 'Aborted' | 'BadResponse'

export type KubeErrorInit = Readonly<{
  /** HTTP status, 0 when there was no answer. */
  status: number
  /** The API server's reason (`NotFound`, `Conflict`, `Expired`, ...) or a NetworkReason. */
  reason: string
  message: string
  /** How long the API server asks to wait before the next try. */
  retryAfterSeconds?: number
  /** The `details` of the API server's Status. */
  details?: StatusDetails
  cause?: unknown
}>

export type StatusDetails = Readonly<{
  name?: string
  kind?: string
  uid?: string
  causes?: readonly Readonly<{ reason?: string; message?: string; field?: string }>[]
  retryAfterSeconds?: number
}>

/** Every failed call ends in this one. The message never holds a request's headers or body. */
export class KubeError extends Error {
  override readonly name = 'KubeError'
  readonly status: number
  readonly reason: string
  readonly retryAfterSeconds: number | undefined
  readonly details: StatusDetails | undefined

  constructor(init: KubeErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause })
    this.status = init.status
    this.reason = init.reason
    this.retryAfterSeconds = init.retryAfterSeconds
    this.details = init.details
  }
}

const is = (error: unknown, test: (error: KubeError) => boolean): boolean =>
  error instanceof KubeError && test(error)

export const isNotFound = (error: unknown): boolean => is(error, (e) => e.status === 404)
/** Someone else wrote first, or a precondition did not hold. Not an AlreadyExists, which is a 409 too. */
export const isConflict = (error: unknown): boolean =>
  is(error, (e) => e.status === 409 && e.reason !== 'AlreadyExists')
export const isAlreadyExists = (error: unknown): boolean => is(error, (e) => e.reason === 'AlreadyExists')
/** The resource version or the continue token is too old: list again. */
export const isExpired = (error: unknown): boolean =>
  is(error, (e) => e.status === 410 || e.reason === 'Expired' || e.reason === 'Gone')
export const isForbidden = (error: unknown): boolean => is(error, (e) => e.status === 403)
/** The body is not what the kind looks like: a wrong type, or with strict validation an unknown field. */
export const isBadRequest = (error: unknown): boolean => is(error, (e) => e.status === 400)
export const isInvalid = (error: unknown): boolean => is(error, (e) => e.status === 422)
export const isTooManyRequests = (error: unknown): boolean => is(error, (e) => e.status === 429)
/** The caller's signal ended the call. */
export const isAborted = (error: unknown): boolean => is(error, (e) => e.reason === 'Aborted')
/** No answer, or one that says that the server is not well: a later try may well succeed. */
export const isTransient = (error: unknown): boolean =>
  is(error, (e) => e.reason !== 'Aborted' && (e.status === 0 || e.status === 429 || e.status >= 500))
/** The namespace is being deleted: nothing can be created in it any more. */
export const isNamespaceTerminating = (error: unknown): boolean =>
  is(
    error,
    (e) => e.status === 403 && (e.details?.causes?.some((c) => c.reason === 'NamespaceTerminating') ?? false),
  )

/**
 * A failed `test` of a JSON patch comes as a 422 that, unlike one of a validation, names no field; an apply with the uid
 * of a predecessor comes as one that names the uid. Both mean what a Conflict means, and become one; any other error
 * comes back as it is.
 */
export function asConflict(error: unknown): unknown {
  if (!(error instanceof KubeError) || error.status !== 422) return error
  const fields = error.details?.causes?.map((cause) => cause.field) ?? []
  if (fields.length > 0 && !fields.includes('metadata.uid')) return error
  return new KubeError({
    status: 409,
    reason: 'Conflict',
    message: `the object changed in between: ${error.message}`,
    cause: error,
  })
}

type StatusBody = {
  kind?: string
  status?: string
  message?: string
  reason?: string
  code?: number
  details?: StatusDetails
}

/** Reads an answer that is no success; the body is a Status of the API server, or anything from a proxy between. */
export function errorFromResponse(
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: string,
): KubeError {
  const parsed = parseStatus(body)
  const retryAfterSeconds =
    readRetryAfter(headers['retry-after']) ?? positive(parsed?.details?.retryAfterSeconds)
  return new KubeError({
    status,
    reason: parsed?.reason ?? reasonOfStatus[status] ?? `HTTP${status}`,
    message: parsed?.message ?? `the API server answered ${status}: ${shorten(body)}`,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    ...(parsed?.details === undefined ? {} : { details: parsed.details }),
  })
}

/** Reads the object of a watch event of type ERROR. */
export function errorFromStatus(object: unknown): KubeError {
  const status = (typeof object === 'object' && object !== null ? object : {}) as StatusBody
  const retryAfterSeconds = positive(status.details?.retryAfterSeconds)
  return new KubeError({
    status: status.code ?? 0,
    reason: status.reason ?? 'BadResponse',
    message: status.message ?? 'the watch ended with an error',
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    ...(status.details === undefined ? {} : { details: status.details }),
  })
}

const reasonOfStatus: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Gone',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
}

function parseStatus(body: string): StatusBody | undefined {
  try {
    const parsed: unknown = JSON.parse(body)
    if (typeof parsed !== 'object' || parsed === null) return undefined
    const status = parsed as StatusBody
    return status.kind === 'Status' ? status : undefined
  } catch {
    return undefined
  }
}

/** Seconds; the date form of the header is not used by API servers. */
function readRetryAfter(header: string | string[] | undefined): number | undefined {
  const text = Array.isArray(header) ? header[0] : header
  return text === undefined ? undefined : positive(Number(text))
}

const positive = (seconds: number | undefined): number | undefined =>
  seconds !== undefined && Number.isFinite(seconds) && seconds > 0 ? seconds : undefined

const shorten = (text: string): string => {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > 200 ? `${line.slice(0, 200)}...` : line
}

import { isBadRequest, isForbidden, isInvalid, type KubeError } from '../kube/errors.ts'

/** The world does not let it be done, and says why: for a condition, not for a retry. */
export class Refused<R extends string> extends Error {
  override readonly name = 'Refused'
  readonly reason: R
  constructor(reason: R, message: string) {
    super(message)
    this.reason = reason
  }
}

/** What the API server says when quota, policy or Pod Security forbids `what`, as a Refused; other errors as they are. */
export function refusalOf(error: unknown, what: string): unknown {
  if (!isForbidden(error) && !isInvalid(error) && !isBadRequest(error)) return error
  const { message } = error as KubeError
  const reason = message.includes('exceeded quota') ? 'QuotaExceeded' : 'PodRefused'
  return new Refused(reason, `The API server refuses ${what}: ${message}`)
}

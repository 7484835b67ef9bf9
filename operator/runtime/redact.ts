/** Keys whose values no log and no printed configuration may show, whatever they hold. */
const secretKey =
  /^(data|stringData|binaryData|userData|networkData)$|token|secret$|password|passphrase|psk|authorization|private_?key|kubeconfig/i

const deepest = 6
const longestText = 4096

/**
 * A value as logs show it: secrets blanked by the names of their keys, errors as plain objects, and nothing so deep or
 * long that one line could fill a disk.
 */
export function readable(value: unknown, depth = 0): unknown {
  if (typeof value === 'string')
    return value.length > longestText
      ? `${value.slice(0, longestText)}... (${value.length} characters)`
      : value
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return value
  if (depth >= deepest) return '[too deep]'
  if (value instanceof Error) return readableError(value, depth)
  if (Array.isArray(value)) return value.slice(0, 100).map((item) => readable(item, depth + 1))
  if (value instanceof Uint8Array) return `[${value.length} bytes]`
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      secretKey.test(key) && inner !== undefined && inner !== '' ? '[redacted]' : readable(inner, depth + 1),
    ]),
  )
}

/** Own fields of an error are left out but for the known ones: libraries hang requests with their headers on them. */
function readableError(error: Error, depth: number): Record<string, unknown> {
  const { reason, status, code } = error as Error & { reason?: unknown; status?: unknown; code?: unknown }
  return {
    name: error.name,
    message: error.message,
    ...(reason === undefined ? {} : { reason: readable(reason, depth + 1) }),
    ...(status === undefined ? {} : { status }),
    ...(code === undefined ? {} : { code }),
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: readable(error.cause, depth + 1) }),
  }
}

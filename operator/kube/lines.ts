import { KubeError } from './errors.ts'

const newline = 0x0a

/** Far above what an API server lets into etcd (about 1.5 MiB an object). */
const longestLine = 64 * 1024 * 1024

/**
 * The JSON values of a stream that holds one a line. A last line without its newline was cut off by a broken
 * connection: it is dropped, even where it happens to parse.
 */
export async function* jsonLines(
  stream: AsyncIterable<Uint8Array>,
  onData: () => void = () => {},
): AsyncGenerator<unknown> {
  let parts: Uint8Array[] = []
  let length = 0
  for await (const chunk of stream) {
    onData()
    let start = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      const line = decode([...parts, chunk.subarray(start, end)])
      parts = []
      length = 0
      start = end + 1
      if (line.trim() !== '') yield parse(line)
    }
    if (start === chunk.length) continue
    const rest = chunk.subarray(start)
    parts.push(rest)
    length += rest.length
    if (length > longestLine) throw bad(`a line of the watch is longer than ${longestLine} bytes`)
  }
}

const decode = (parts: readonly Uint8Array[]): string =>
  (parts.length === 1 && parts[0] !== undefined ? Buffer.from(parts[0]) : Buffer.concat(parts)).toString(
    'utf8',
  )

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw bad('a line of the watch is not JSON', cause)
  }
}

const bad = (message: string, cause?: unknown): KubeError =>
  new KubeError({ status: 0, reason: 'BadResponse', message, cause })

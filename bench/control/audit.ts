import { closeSync, openSync, readSync } from 'node:fs'

/** A call as the API server wrote it down, whether it succeeded or not. */
export type Call = Readonly<{
  /** When it came in, in ms since 1970. */
  at: number
  verb: string
  /** `pods`, `ephemeralinstances/status`; empty for calls that are about no object. */
  resource: string
  name: string
  code: number
}>

const writing: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete', 'deletecollection'])
const reading: ReadonlySet<string> = new Set(['get', 'list'])

/** Calls sorted by what they cost; renewals of the Lease and Events apart, for they do not come from the work itself. */
export type Tally = Readonly<{
  writes: readonly Call[]
  reads: readonly Call[]
  events: readonly Call[]
  leases: readonly Call[]
}>

export function tally(calls: readonly Call[]): Tally {
  const is = (call: Call, kind: string) => call.resource === kind
  const own = calls.filter((call) => !is(call, 'events') && !is(call, 'leases') && call.resource !== '')
  return {
    writes: own.filter(({ verb }) => writing.has(verb)),
    reads: own.filter(({ verb }) => reading.has(verb)),
    events: calls.filter((call) => is(call, 'events')),
    leases: calls.filter((call) => is(call, 'leases')),
  }
}

/** What was called how often, the most frequent first: `8000 x create pods`. */
export function inWords(calls: readonly Call[]): string {
  const counts = new Map<string, number>()
  for (const { verb, resource, code } of calls) {
    const kind = `${verb} ${resource}${code < 400 ? '' : ` (${code})`}`
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  const sorted = [...counts].sort(([, one], [, other]) => other - one)
  return sorted.map(([kind, count]) => `${count} x ${kind}`).join(', ') || 'nothing'
}

/** Audit policy: each call of this user, when it is over. Watches are written down when they end. */
export function auditPolicy(user: string): string {
  return JSON.stringify({
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived', 'ResponseStarted'],
    rules: [{ level: 'Metadata', users: [user] }, { level: 'None' }],
  })
}

type Line = Readonly<{
  verb: string
  requestReceivedTimestamp: string
  objectRef?: { resource?: string; subresource?: string; name?: string }
  responseStatus?: { code?: number }
}>

/** One line of an audit log. */
export function readCall(line: string): Call {
  const { verb, requestReceivedTimestamp, objectRef = {}, responseStatus } = JSON.parse(line) as Line
  const { resource = '', subresource } = objectRef
  return {
    at: Date.parse(requestReceivedTimestamp),
    verb,
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    name: objectRef.name ?? '',
    code: responseStatus?.code ?? 0,
  }
}

/** The API server's own account of what one user asked of it: nobody's word about himself. */
export class AuditLog {
  readonly #file: string
  #offset = 0
  #rest = Buffer.alloc(0)

  constructor(file: string) {
    this.#file = file
  }

  /** The calls that were written down since the last time. */
  read(): Call[] {
    const calls: Call[] = []
    const chunk = Buffer.alloc(4 * 1024 ** 2)
    const file = openSync(this.#file, 'r')
    try {
      for (;;) {
        const length = readSync(file, chunk, 0, chunk.length, this.#offset)
        if (length === 0) return calls
        this.#offset += length
        this.#take(chunk.subarray(0, length), calls)
      }
    } finally {
      closeSync(file)
    }
  }

  #take(chunk: Buffer, calls: Call[]): void {
    const bytes = Buffer.concat([this.#rest, chunk])
    const end = bytes.lastIndexOf(10) + 1
    this.#rest = Buffer.from(bytes.subarray(end))
    for (const line of bytes.toString('utf8', 0, end).split('\n')) if (line !== '') calls.push(readCall(line))
  }
}

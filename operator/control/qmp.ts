import type { Duplex } from 'node:stream'

/** An event that QEMU sent, as its QMP reference describes it. */
export type QmpEvent = Readonly<{ event: string; data?: Record<string, unknown>; timestamp: unknown }>

/** Commands to QEMU, one after the other. Each gives what QEMU returned; throws QmpError if it refused. */
export type Qmp = Readonly<{
  execute(command: string, parameters: Record<string, unknown>): Promise<unknown>
}>

/** QEMU refused a command: `errorClass` and the message are QEMU's own. */
export class QmpError extends Error {
  override readonly name = 'QmpError'
  readonly errorClass: string
  constructor(command: string, errorClass: string, description: string) {
    super(`${command}: ${description}`)
    this.errorClass = errorClass
  }
}

type Pending = Readonly<{
  command: string
  resolve: (value: unknown) => void
  reject: (error: Error) => void
}>
type Message = {
  QMP?: unknown
  return?: unknown
  error?: { class: string; desc: string }
  id?: number
  event?: string
}

/**
 * One QMP session over any stream. Events may come before the reply of the command that caused them, so all are kept in
 * `events` until somebody takes them. A command that times out closes the session: what QEMU did is then unknown.
 */
export class QmpSession {
  readonly events: QmpEvent[] = []
  #stream: Duplex
  #pending = new Map<number, Pending>()
  #nextId = 1
  #buffer = ''
  #failure: Error | undefined
  #greeted = Promise.withResolvers<void>()

  constructor(stream: Duplex) {
    this.#stream = stream
    this.#greeted.promise.catch(() => undefined)
    stream.setEncoding('utf8')
    stream.on('data', (chunk: string) => this.#read(chunk))
    stream.on('error', (error) => this.#fail(error))
    stream.on('close', () => this.#fail(new Error('the QMP connection closed')))
  }

  /** Waits for QEMU's greeting and leaves negotiation mode. */
  async negotiate(signal: AbortSignal): Promise<void> {
    const abort = () => this.#fail(new Error('QEMU sent no greeting in time'))
    signal.addEventListener('abort', abort, { once: true })
    try {
      await this.#greeted.promise
    } finally {
      signal.removeEventListener('abort', abort)
    }
    await this.execute('qmp_capabilities', {}, signal)
  }

  /** Runs one command and gives what QEMU returned; throws QmpError if it refused. */
  async execute(command: string, parameters: Record<string, unknown>, signal: AbortSignal): Promise<unknown> {
    if (this.#failure !== undefined) throw this.#failure
    const id = this.#nextId++
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    this.#pending.set(id, { command, resolve, reject })
    const abort = () => this.#fail(new Error(`${command} got no reply in time`))
    signal.addEventListener('abort', abort, { once: true })
    try {
      this.#stream.write(`${JSON.stringify({ execute: command, arguments: parameters, id })}\n`)
      return await promise
    } finally {
      signal.removeEventListener('abort', abort)
      this.#pending.delete(id)
    }
  }

  close(): void {
    this.#stream.destroy()
  }

  #read(chunk: string): void {
    this.#buffer += chunk
    for (let end = this.#buffer.indexOf('\n'); end >= 0; end = this.#buffer.indexOf('\n')) {
      const line = this.#buffer.slice(0, end).trim()
      this.#buffer = this.#buffer.slice(end + 1)
      if (line !== '') this.#take(line)
    }
  }

  #take(line: string): void {
    let message: Message
    try {
      message = JSON.parse(line) as Message
    } catch {
      this.#fail(new Error('the peer does not speak QMP'))
      return
    }
    if (message.QMP !== undefined) {
      this.#greeted.resolve()
      return
    }
    if (message.event !== undefined) {
      this.events.push(message as QmpEvent)
      return
    }
    const pending = this.#pending.get(message.id ?? 0)
    if (pending === undefined) return
    if (message.error === undefined) {
      pending.resolve(message.return)
      return
    }
    pending.reject(new QmpError(pending.command, message.error.class, message.error.desc))
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#greeted.reject(error)
    for (const pending of this.#pending.values()) pending.reject(error)
    this.#stream.destroy()
  }
}

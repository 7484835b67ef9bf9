import { connect } from 'node:net'
import { createInterface } from 'node:readline'

export type Message = Readonly<{
  event?: string
  data?: Record<string, unknown>
  return?: unknown
  error?: unknown
}>

export type Lines = Readonly<{
  /** All messages so far: an event may come before the reply to the command that caused it. */
  history: readonly Message[]
  /** Sends one command; the reply is found in the history. */
  send: (message: object) => void
  close: () => void
}>

/** Opens a UNIX socket that talks JSON line by line, as QMP and the guest agent do. */
export function openLines(path: string): Promise<Lines> {
  return new Promise((resolve, reject) => {
    const history: Message[] = []
    const socket = connect(path)
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      // QEMU closes the connection when it ends, which is no failure here.
      socket.on('error', () => {})
      createInterface({ input: socket }).on('line', (line) => {
        history.push(JSON.parse(line) as Message)
      })
      resolve({
        history,
        send: (message) => socket.write(`${JSON.stringify(message)}\n`),
        close: () => socket.destroy(),
      })
    })
  })
}

/**
 * Asks a service of a pod's control port, as the operator does: ask.ts HOST SERVICE KEY [LINE...]
 * Sends each LINE, prints the answers, exits 1 where the connection is refused. A service that goes on and on is left when it has
 * answered: QMP with a reply to each LINE, VNC with its greeting, the console with some seconds of silence.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import { connectControl } from '../../operator/control/connect.ts'

const [host = '', service = '', key = '', ...lines] = process.argv.slice(2)
const deadline = AbortSignal.timeout(60_000)
const isRefused = (error: Error) => (error.cause as NodeJS.ErrnoException)?.code === 'ECONNREFUSED'
async function connect(): Promise<TLSSocket> {
  try {
    return await connectControl({ host, key }, service as 'state', deadline)
  } catch (error) {
    // The port's server may just be starting.
    if (!isRefused(error as Error) || deadline.aborted) throw error
    await sleep(100)
    return connect()
  }
}
const socket = await connect().catch((error: Error) => {
  console.error(error.message, error.cause)
  process.exit(1)
})
let heard = ''
const isAnswered: Readonly<Record<string, () => boolean>> = {
  qmp: () => [...heard.matchAll(/^\{"(return|error)"/gm)].length >= lines.length,
  vnc: () => heard !== '',
}
const leave = () => process.exit(0)
// The first word may take a while: a process starts for it, beside a guest that boots.
let quiet = setTimeout(leave, 60_000)
socket.on('data', (chunk) => {
  heard += chunk
  clearTimeout(quiet)
  const seconds = isAnswered[service]?.() === true ? 0 : service in isAnswered ? 60 : 5
  quiet = setTimeout(leave, seconds * 1000)
})
process.on('exit', () => process.stdout.write(heard))
socket.on('close', leave)
socket.on('error', leave)
for (const line of lines) socket.write(`${line}\n`)

/**
 * Asks a service of a pod's control port, as the operator does: ask.ts HOST SERVICE KEY [LINE...]
 * Sends each LINE, prints all that comes within a second of silence, exits 1 where the connection is refused.
 */
import { connectControl } from '../../operator/control/connect.ts'

const [host = '', service = '', key = '', ...lines] = process.argv.slice(2)
const socket = await connectControl({ host, key }, service as 'state', AbortSignal.timeout(5_000)).catch(
  (error: Error) => {
    console.error(error.message, error.cause)
    process.exit(1)
  },
)
const leave = () => process.exit(0)
// The first word may take a while: a process starts for it, beside a guest that boots.
let quiet = setTimeout(leave, 5_000)
socket.on('data', (chunk) => {
  process.stdout.write(chunk)
  clearTimeout(quiet)
  quiet = setTimeout(leave, 1_000)
})
socket.on('close', leave)
socket.on('error', leave)
for (const line of lines) socket.write(`${line}\n`)

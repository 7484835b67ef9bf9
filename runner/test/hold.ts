/**
 * Stops a pod's guest as one whose disk is to be kept, or lets it go on, as the operator does: hold.ts HOST KEY hold|go|leave
 * `leave` asks for the first, and is gone before it is done. Prints `{}` when that is done.
 */
import { vmControl } from '../../operator/control/client.ts'
import { connectControl } from '../../operator/control/connect.ts'

const [host = '', key = '', what = ''] = process.argv.slice(2)
const target = { host, key }
if (what === 'hold') await vmControl().hold(target)
else if (what === 'go') await vmControl().setPaused(target, false)
else {
  const socket = await connectControl(target, 'hold', AbortSignal.timeout(60_000))
  await new Promise((resolve) => socket.end('1\n', () => resolve(undefined)))
}
console.log('{}')
process.exit(0)

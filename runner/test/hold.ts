/**
 * Stops a pod's guest as one whose disk is to be kept, or lets it go on, as the operator does: hold.ts HOST KEY hold|go
 * Prints `{}` when that is done.
 */
import { vmControl } from '../../operator/control/client.ts'

const [host = '', key = '', what = ''] = process.argv.slice(2)
const target = { host, key }
await (what === 'hold' ? vmControl().hold(target) : vmControl().setPaused(target, false))
console.log('{}')
process.exit(0)

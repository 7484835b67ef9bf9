/**
 * Exports or releases a pod's disk as the operator does, up to a command that is sent and whose answer is never heard:
 * snapshot-cut.ts HOST KEY export|release UID cut|killed N
 * Only commands that change something are counted, and the switch. `cut`: the connection is closed under the operator, `killed`: so is the
 * operator itself. Says before, as a line of JSON, at which command that will be, or that all was done without coming that far.
 */
import type { TLSSocket } from 'node:tls'
import type { DiskControl } from '../../operator/control/client.ts'
import { connectControl } from '../../operator/control/connect.ts'
import { readLine } from '../../operator/control/line.ts'
import { QmpSession } from '../../operator/control/qmp.ts'
import { parseSwitched } from '../../operator/control/switched.ts'
import { exportDisk, releaseDisk } from '../../operator/snapshot/disk/disk.ts'
import { blockNames } from '../../operator/snapshot/disk/names.ts'

const [host = '', key = '', action = '', uid = '', way = '', at = ''] = process.argv.slice(2)
const target = { host, key }
const names = blockNames(uid)
const signal = AbortSignal.timeout(120_000)
let commands = 0

/** Whether this is the command to be cut at. */
function isLast(command: string): boolean {
  if (/^(query-|qom-get|qom-list)/.test(command) || ++commands !== Number(at)) return false
  console.log(JSON.stringify({ cutAt: command }))
  return true
}

/** Sends a line, and nothing is heard after it. */
function cutAfter(socket: TLSSocket, line: string): Promise<never> {
  socket.write(`${line}\n`, () => {
    if (way === 'killed') process.kill(process.pid, 'SIGKILL')
    socket.destroy()
  })
  return new Promise((_, reject) => socket.once('close', () => reject(new Error('cut'))))
}

const control: DiskControl = {
  async qmp(_, use) {
    const socket = await connectControl(target, 'qmp', signal)
    const session = new QmpSession(socket)
    try {
      await session.negotiate(signal)
      return await use({
        execute: (command, parameters) =>
          isLast(command)
            ? cutAfter(socket, JSON.stringify({ execute: command, arguments: parameters, id: 0 }))
            : session.execute(command, parameters, signal),
      })
    } finally {
      session.close()
    }
  },
  async switchDrive(_, node, quiesce) {
    const line = `${node} ${quiesce.toLowerCase()}`
    if (isLast('switch')) return cutAfter(await connectControl(target, 'switch', signal), line)
    return parseSwitched(await readLine(target, 'switch', signal, `${line}\n`))
  },
}

try {
  if (action === 'release') await releaseDisk(control, target, names)
  else await exportDisk(control, target, { names, diskBytes: 1024 ** 3, fleeceBytes: 1024 ** 3 }, 'Never')
  console.log(JSON.stringify({ cutAt: null }))
} catch (error) {
  if ((error as Error).message !== 'cut') throw error
}
process.exit(0)

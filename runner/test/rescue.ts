/**
 * Rescues the VM in a pod, as the operator does: rescue.ts HOST KEY look|offer|boot|attach|end [ROOM-BYTES [DISK-BYTES]]
 * Prints what there is of the rescue afterwards, as one line of JSON.
 */
import { vmControl } from '../../operator/control/client.ts'
import {
  attachRescued,
  bootRescue,
  endRescue,
  lookAtRescue,
  offerRescueDisk,
} from '../../operator/rescue/disk.ts'

const [host = '', key = '', action = '', room = '', disk = ''] = process.argv.slice(2)
const target = { host, key }
const control = vmControl(15_000)
const diskBytes = Number(disk) || 1024 ** 3
switch (action) {
  case 'offer':
    await offerRescueDisk(control, target, { diskBytes, roomBytes: Number(room) || diskBytes })
    break
  case 'boot':
    await bootRescue(control, target)
    break
  case 'attach':
    await attachRescued(control, target)
    break
  case 'end':
    await endRescue(control, target, { staysPaused: false })
}
console.log(JSON.stringify(await lookAtRescue(control, target)))
process.exit(0)

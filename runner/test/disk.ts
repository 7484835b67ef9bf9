/**
 * Takes a snapshot's moment in a pod, as the operator does: disk.ts HOST KEY look|export|release UID [QUIESCE [FLEECE-BYTES]]
 * Prints what it found, or what became of it, as one line of JSON.
 */
import { vmControl } from '../../operator/control/client.ts'
import { exportDisk, lookAtDisk, releaseDisk } from '../../operator/snapshot/disk/disk.ts'
import { blockNames } from '../../operator/snapshot/disk/names.ts'

const [host = '', key = '', action = '', uid = '', quiesce = 'Auto', fleece = ''] = process.argv.slice(2)
const target = { host, key }
const control = vmControl()
const wanted = {
  names: blockNames(uid),
  diskBytes: 1024 ** 3,
  fleeceBytes: Number(fleece) || 1024 ** 3,
}
const did = async () => {
  if (action === 'export') return exportDisk(control, target, wanted, quiesce as 'Auto')
  if (action === 'release') await releaseDisk(control, target, wanted.names)
  return lookAtDisk(control, target)
}
console.log(JSON.stringify(await did()))
process.exit(0)

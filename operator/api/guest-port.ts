import { z } from 'zod'
import { rules } from './cel.ts'

/** Ports that the VM pod keeps for the operator; they never reach the guest. */
export const reservedPorts = { first: 10770, last: 10789 } as const

/** Name of the pod's own port, which no port of the guest may have. */
export const controlPortName = 'vm-control'

const { first, last } = reservedPorts

/** Number of a port of the guest that the pod forwards. */
export const guestPort = z
  .int32()
  .min(1)
  .max(65535)
  .meta(
    rules({
      rule: `self < ${first} || self > ${last}`,
      message: `ports ${first} to ${last} are reserved for the operator's own connection to the VM: choose another`,
    }),
  )

/** Where the disk of a snapshot that is under way is served, by NBD over TLS. */
export const nbdPort = 10776

import { createHash } from 'node:crypto'

/** What QEMU calls the parts of one snapshot. A node's name has at most 31 characters. */
export type BlockNames = Readonly<{
  /** The file that keeps what the guest overwrites. */
  file: string
  /** The same, so that it cannot grow. */
  bound: string
  fleece: string
  /** Copies to the fleece before each of the guest's writes; what the switch puts in. */
  filter: string
  /** The disk as it was at the switch. */
  access: string
  /** The NBD export, and its name for the client. */
  export: string
}>

const prefix = 'snap-'

/** The names for the Snapshot with this UID: an operator that starts anew finds by them what is there. */
export function blockNames(snapshotUID: string): BlockNames {
  const id = prefix + createHash('sha256').update(snapshotUID).digest('hex').slice(0, 16)
  return {
    file: `${id}-file`,
    bound: `${id}-bound`,
    fleece: `${id}-fleece`,
    filter: `${id}-filter`,
    access: `${id}-access`,
    export: id,
  }
}

/** Whether a node, job or export belongs to some snapshot. */
export const isSnapshotPart = (name: string): boolean => name.startsWith(prefix)

/** The node of the overlay: what the guest writes to when no snapshot is under way. */
export const diskNode = 'disk0'

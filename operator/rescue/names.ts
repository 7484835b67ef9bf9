/** Where the rescue disk is, in the overlay's volume, which is emptied at each start. */
export const rescueFile = '/overlay/rescue.qcow2'

/** What QEMU calls the parts of a rescue: nodes, the NBD export, jobs. There is one at a time in a VM. */
export const rescueNames = {
  file: 'rescue-file',
  /** The same, so that it cannot grow. */
  bound: 'rescue-bound',
  disk: 'rescue-disk',
  /** Takes what is written while the disk is filled, and compresses it. */
  compressed: 'rescue-compressed',
  export: 'rescue',
} as const

/** Whether a node, job or export belongs to a rescue. */
export const isRescuePart = (name: string): boolean =>
  name === rescueNames.export || name.startsWith('rescue-')

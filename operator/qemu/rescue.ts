/** The port that the disk of a VM is put on while that is rescued. Empty until then; only what is behind a port can be added to a machine that runs. */
export const rescuePort = 'rescue-port'

/** The disk of the VM while a rescue system runs in it: its device, and its serial number for the guest. */
export const rescuedDevice = 'rescued'

/** QEMU's arguments for that port. */
export const rescuePortArguments: readonly string[][] = [
  ['-device', `pcie-root-port,id=${rescuePort},chassis=1`],
]

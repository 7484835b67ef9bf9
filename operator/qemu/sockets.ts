/**
 * Where the VM pod keeps its sockets, and what the runner fills in. The runner's shell and the operator agree on these
 * names; runner/README.md tells the same from the other side.
 */
export const runDirectory = '/run/vm'

/** Unix sockets in the pod, by what speaks on them. */
export const sockets = {
  /** The operator's QMP monitor, reached through the control port. */
  qmp: `${runDirectory}/qmp.sock`,
  /** The monitor of the pod's own snapshot-switch. */
  switch: `${runDirectory}/switch.sock`,
  console: `${runDirectory}/console.sock`,
  vnc: `${runDirectory}/vnc.sock`,
  agent: `${runDirectory}/agent.sock`,
  /** QEMU's NBD server, while a snapshot is under way; stunnel stands before it. */
  nbd: `${runDirectory}/nbd.sock`,
} as const

/** Words in QEMU's arguments that only the pod can know; the runner replaces them at each start of the container. */
export const placeholders = {
  /** `raw` or `qcow2`, by the name of the file on the base volume. */
  baseDriver: '@base-driver@',
  baseFile: '@base-file@',
  overlayFile: '@overlay-file@',
  seedFile: '@seed-file@',
  /** The value of `-netdev`, from the network backend. */
  netdev: '@netdev@',
  /** Stands alone as one argument and becomes several: the accelerator that works on this node. */
  accelerator: '@accel@',
} as const

/**
 * The phases of an EphemeralInstance: one word for people, made from the conditions and never read by our own code.
 * Each with what it says.
 */
export const phases = {
  Pending: 'Its pod does not exist yet, or waits for a node.',
  Starting: 'The pod has a node; the image is pulled, the disk is made, QEMU starts.',
  Booting: 'QEMU runs; the guest has not answered yet.',
  Ready: 'The guest answered.',
  Rebooting: 'The guest is being rebooted or reset, as asked; its disk stays.',
  Rescuing: 'The rescue system is being brought into the VM, or the VM back to its own disk.',
  Rescued: 'The VM runs the rescue system, and has its own disk as a second one, as asked.',
  Paused: "The guest's CPUs stand still, as asked.",
  Stopping: 'The guest is being powered down.',
  Stopped: 'No pod, and nothing kept, as asked.',
  Shelving: 'The disk is being kept in a Snapshot; then the pod goes.',
  Shelved: 'No pod; the disk is kept in a Snapshot, as asked.',
  Draining: 'The node is drained: the disk is kept in a Snapshot, and the VM starts from it elsewhere.',
  Expired: 'Stopped, or about to be deleted, because spec.expiry came.',
  Rebuilding: 'The old VM goes, so that a fresh one can start.',
  Stalled: 'Somebody has to act; the Stalled condition says what to do.',
  Succeeded: 'The guest powered off and is not started again, as restartPolicy asks.',
  Failed: 'The guest or QEMU died and is not started again, as restartPolicy asks.',
} as const

/** One word for people that sums an instance up. */
export type Phase = keyof typeof phases

import { type WorkerReason, workerReasons } from './worker-reasons.ts'

/** Reasons of a Snapshot's conditions that come from the operator. Messages add the particulars. */
const ownReasons = {
  // On the way.
  Pending: 'Nothing has been done yet.',
  InstanceNotFound: 'The instance that the spec names does not exist; it is waited for until the deadline.',
  InstanceNotRunning: 'The instance has no running VM; it is waited for until the deadline.',
  InstanceRescued: 'The VM is being rescued; the snapshot is taken when that is over.',
  Queued: 'Another snapshot of the same VM is under way.',
  AwaitsPause:
    'The VM that the snapshot keeps is being paused: what it wrote after the moment would be lost.',
  Preparing: 'The claim, the worker and the moment of the snapshot are being prepared.',
  ControlUnreachable: 'The operator cannot reach the control port of the VM; it tries again.',
  QEMURefused: 'QEMU does not do what it is told; it is tried again.',
  Copying: "The worker copies the disk as it was at the snapshot's moment.",
  Unschedulable: 'No node takes the worker pod at present.',
  Taken: 'The image is complete, verified, and can be booted.',
  CleaningUp: 'What is left of the work, in the VM and of the worker, is being taken away.',
  Deleting: 'The snapshot is being deleted.',
  InUse: 'The snapshot is to be deleted, and waits for what uses it.',
  QuotaExceeded: "The namespace's resource quota leaves no room for the claim or the worker pod.",
  PodRefused: 'The API server refuses the claim or the worker pod, or the node cannot start it.',
  NameTaken: 'A claim, pod or Secret with the name that the snapshot needs belongs to something else.',
  ImagePullFailed: "The node cannot fetch the runner's image.",

  // Failed. The reasons of a worker's failure come beside these.
  SpecInvalid: 'The stored spec is not one that this version of the operator understands.',
  InstanceTooOld: 'The VM was started by an older version of the operator, whose pods cannot be snapshotted.',
  QuiesceFailed: "quiesce is Required, and the guest's agent did not freeze the filesystems.",
  FleeceFull: 'The guest overwrote more than can be kept aside before the copy was done.',
  ClaimLost: 'The claim of the image is gone, is being deleted or lost its volume.',
  ImageIncomplete: 'What the worker wrote is not the whole disk.',
} as const

/** Every reason that a condition of a Snapshot can have, each with when it is used. */
export const snapshotReasons: Readonly<Record<SnapshotReason, string>> = { ...ownReasons, ...workerReasons }

/** Why a condition of a Snapshot is as it is, in one word for programs. */
export type SnapshotReason = keyof typeof ownReasons | WorkerReason

import { type WorkerReason, workerReasons } from './worker-reasons.ts'

/** Reasons of a BaseImage's conditions that come from the operator. Messages add the particulars. */
const ownReasons = {
  // On the way.
  Pending: 'Nothing has been done yet.',
  SourceNotReady: 'The Snapshot that is the source is not ready yet.',
  Unschedulable: 'No node takes the worker pod at present.',
  Starting: 'The worker pod is made and starts.',
  Importing: 'The worker fetches, converts and checks the image.',
  WaitingForUpload: 'The worker waits for the file; the message has the command that sends it.',
  Imported: 'The content that the spec asks for is complete.',
  OnNodes:
    'The image, or a copy of it, is on the nodes that the message names; VMs elsewhere wait for a copy.',
  Deleting: 'The image is being deleted.',
  InUse: 'The image is to be deleted, and waits for what uses it.',

  // Stalled: somebody has to act. The reasons of a worker's failure come beside these.
  SpecInvalid: 'The stored spec is not one that this version of the operator understands.',
  SourceNotFound: 'The claim or Snapshot that is the source does not exist.',
  SourceFailed: 'The Snapshot that is the source failed, and holds no image.',
  ClaimPending: 'No volume is provided for the claim of the image.',
  ClaimLost: 'The claim of the image is being deleted or lost its volume.',
  NameTaken: 'A claim, pod or Secret with the name that the image needs belongs to something else.',
  PodRefused: 'The API server refuses the claim or the worker pod, or the node cannot start it.',
  QuotaExceeded: "The namespace's resource quota leaves no room for the claim or the worker pod.",
  ImagePullFailed: "The node cannot fetch the runner's image.",
} as const

/** Every reason that a condition of a BaseImage can have, each with when it is used. */
export const imageReasons: Readonly<Record<ImageReason, string>> = { ...ownReasons, ...workerReasons }

/** Why a condition of a BaseImage is as it is, in one word for programs. */
export type ImageReason = keyof typeof ownReasons | WorkerReason

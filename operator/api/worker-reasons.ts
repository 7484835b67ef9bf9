/**
 * Why a worker pod ended without a result, for the conditions of what it worked for. Each with when it is used. The first
 * part comes from the worker itself, in its termination message; the rest is what the operator makes of a pod that left no word.
 */
export const workerReasons = {
  DigestMismatch: 'What was fetched has another digest than the spec gives.',
  BackingFile: 'The image needs a backing file.',
  ExternalDataFile: 'The image keeps its data in another file.',
  FormatMismatch: 'The file is not what its header says, or is damaged.',
  UnknownFormat: 'The file is no disk image of a known format.',
  ImageTooLarge:
    'The image is larger than the administrator allows, or grows beyond that when it is unpacked.',
  AddressRefused: 'The URL leads to an address that is not public and not allowed.',
  HTTPError: 'The web server or the registry does not hand the file out.',
  Truncated: 'The transfer broke off, or the file ends too early.',
  NoSpace: 'The claim has no room for the image.',
  NotBootable: 'The image has no boot sector, or boots by another firmware only.',
  Unauthorized: 'The registry or the uploader was not authorised.',
  SourceMissing: 'The source does not exist or holds no image.',
  SourceLost: 'The source went away while it was read.',
  TargetFailed: 'The claim cannot be written or reads back wrong.',
  TargetStalled: 'The claim took nothing for too long while it was written.',
  DeadlineExceeded: 'The work was not done in its time.',

  WorkerFailed: 'The worker ended with an error and left no word.',
  WorkerLost: 'The worker pod was deleted, evicted or lost with its node.',
} as const

/** Why a worker pod ended without a result, in one word for programs. */
export type WorkerReason = keyof typeof workerReasons

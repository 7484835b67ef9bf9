import { z } from 'zod'
import { conditions, observedGeneration } from './conditions.ts'
import { copies, diskImageFields } from './disk-image.ts'
import { firmware } from './firmware.ts'

/** The phases of a BaseImage: one word for people. Each with what it says. */
export const imagePhases = {
  Pending: 'Its worker has not begun: it waits for its source, its claim or a node.',
  Importing: 'The content is being fetched, converted and checked, or the upload is waited for.',
  Ready: 'The content that the spec asks for is complete and can be booted.',
  Failed:
    'There is no such content, and there will be none before somebody acts; the Stalled condition says why.',
  Deleting: 'It is being deleted, or waits until nothing uses it any more.',
} as const

/** One word for people that sums a BaseImage up. */
export type ImagePhase = keyof typeof imagePhases

const failure = z
  .object({
    reason: z.string().max(63).describe('Why, in one CamelCase word.'),
    message: z.string().max(1024).describe('Why, in a sentence.'),
    permanent: z
      .boolean()
      .describe(
        'Whether a retry is of no use before somebody mends something: it is tried again rarely. Otherwise it is tried again soon.',
      ),
    at: z.iso.datetime().describe('When.'),
    podUID: z.string().max(63).describe('UID of the worker pod that failed.'),
    claimSize: z
      .string()
      .max(63)
      .optional()
      .describe(
        'Size of the claim that had no room. When the claim is enlarged, the image is tried again at once.',
      ),
    firmware: firmware
      .optional()
      .describe(
        'What an image that is not bootable was to boot by. When the spec says another one, the image is tried again at once.',
      ),
  })
  .describe('How the last try ended, if it failed.')

const work = z
  .object({
    claim: z.string().max(253).describe('The PersistentVolumeClaim that is being filled.'),
    step: z
      .string()
      .max(63)
      .optional()
      .describe(
        'What the worker does: Preparing, Downloading, Receiving, Converting, Checking or Publishing.',
      ),
    startedAt: z.iso.datetime().describe('When the first try began.'),
    podUID: z.string().max(63).optional().describe('UID of the last worker pod.'),
    failures: z.int32().min(0).optional().describe('Tries that failed so far.'),
    lastFailure: failure.optional(),
  })
  .describe('The content that is being made. Absent where none is.')

const inherited = z
  .object({
    minDisk: z.string().max(32).optional().describe('Least disk, as a quantity.'),
    minMemory: z.string().max(32).optional().describe('Least memory, as a quantity.'),
    defaultUser: z.string().max(32).optional().describe('The user that ssh keys are given to.'),
    firmware: firmware.optional().describe('What the VM booted by. Absent: BIOS.'),
  })
  .describe(
    'What the Snapshot that the content was made from asked of VMs and told them. It counts where the spec says nothing.',
  )

/** What the operator has found out about a BaseImage. */
export const baseImageStatus = z
  .object({
    observedGeneration,
    phase: z
      .string()
      .max(63)
      .optional()
      .describe(
        'One word for people: Pending, Importing, Ready, Failed or Deleting. Programs look at the conditions.',
      ),
    conditions: conditions
      .optional()
      .describe(
        'What is known: Ready (the content that the spec asks for can be booted), NodeLocal (its storage is tied to nodes; which ones), Reconciling (work goes on), Stalled (somebody has to act).',
      ),
    ...diskImageFields,
    usedByCount: z.int32().min(0).optional().describe('How many objects use the image, all of them counted.'),
    sourceDigest: z
      .string()
      .max(160)
      .optional()
      .describe(
        'Digest of what the source served, such as sha256:0123..., before it was unpacked and converted: a SHA-256, or a SHA-512 where the spec gives one.',
      ),
    importedAt: z.iso.datetime().optional().describe('When the content was complete.'),
    importMs: z
      .int()
      .min(0)
      .optional()
      .describe('Milliseconds from the start of the first try until the content was complete.'),
    inherited: inherited.optional(),
    import: work.optional(),
    copies,
  })
  .describe('What the operator found out. Written by the operator only.')

/** What the operator has found out about a BaseImage. */
export type BaseImageStatus = z.infer<typeof baseImageStatus>

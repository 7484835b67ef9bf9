import { z } from 'zod'
import { listMap } from './cel.ts'

/** The conditions of an EphemeralInstance, each with what its being True says. */
export const conditionTypes = {
  Ready:
    'The guest answered. Absent, not False, where nothing is on its way to that: stopped, paused or succeeded as asked, which is healthy.',
  Active: "QEMU runs the guest's CPUs (or holds them paused, as asked).",
  GuestReady: 'The guest answered the readiness check.',
  Scheduled: 'A node was found for the pod.',
  Reconciling:
    'The operator is bringing the instance to what its spec asks. Absent or False when nothing is left to do.',
  Degraded:
    'The VM runs as it should, but something beside it that the spec asks for is not there; the message says what to do. Absent or False otherwise.',
  DrainBlocked:
    'The node is cordoned, and its drain waits for this VM, as eviction asks. Absent or False otherwise.',
  Stalled:
    'Nothing goes on before somebody acts; the message says what to do. Absent or False when nothing is wrong.',
  OverlayFull:
    "The node's disk has no room for what the guest writes: its CPUs stand still until there is room. Absent or False otherwise.",
  RestartRequired:
    'The spec, or a flavor, an image or a key that it names, was changed in a way that takes effect at the next rebuild; the message says which. Absent or False otherwise.',
  Rescued:
    'The VM runs the rescue system, which has the disk of the VM as a second one. False on the way to it, and where that disk is lost. Absent where spec.rescue asks for nothing.',
  Expiring:
    'The instance expires soon, or did and is about to be deleted; the message says what happens. Absent or False otherwise.',
} as const

/** The name of a condition of an EphemeralInstance. */
export type ConditionType = keyof typeof conditionTypes

/** Of a status as a whole: which version of the spec it is about. */
export const observedGeneration = z
  .int()
  .min(0)
  .optional()
  .describe(
    'The metadata.generation that this status was found for. Older than the object: not yet looked at again.',
  )

/** One condition, with the fields and limits of the API machinery's own. */
export const condition = z
  .object({
    type: z.string().max(316).describe('What the condition is about, such as Ready.'),
    status: z.enum(['True', 'False', 'Unknown']).describe('Whether it holds.'),
    observedGeneration: z
      .int()
      .min(0)
      .exactOptional()
      .describe(
        'The metadata.generation that this was found for. Older than the object: not yet looked at again.',
      ),
    lastTransitionTime: z.iso.datetime().describe('When status last changed.'),
    reason: z
      .string()
      .min(1)
      .max(1024)
      .regex(/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/)
      .describe('Why, in one CamelCase word for programs.'),
    message: z
      .string()
      .max(32768)
      .describe('Why, in a sentence for people. Where something is wrong it says what to do.'),
  })
  .describe('One thing that is known about the object.')

/** One condition of an object's status. */
export type Condition = z.infer<typeof condition>

/** The list of conditions of a status, one entry for each type. */
export const conditions = z.array(condition).max(32).meta(listMap('type'))

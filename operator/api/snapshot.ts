import { z } from 'zod'
import { rules } from './cel.ts'
import { conditions, observedGeneration } from './conditions.ts'
import { copies, diskImageFields } from './disk-image.ts'
import { firmware } from './firmware.ts'
import { apiVersion } from './group.ts'
import { objectMeta } from './object-meta.ts'
import { snapshotSpec } from './snapshot-spec.ts'

/** The conditions of a Snapshot, each with what its being True says. */
export const snapshotConditionTypes = {
  Ready: 'The image is complete, verified, and can be booted.',
  Reconciling: 'The snapshot is under way, or being deleted.',
  Stalled: 'The snapshot failed; the message says why. Absent otherwise.',
} as const

/** The name of a condition of a Snapshot. */
export type SnapshotConditionType = keyof typeof snapshotConditionTypes

/** The phases of a Snapshot: one word for people. Each with what it says. */
export const snapshotPhases = {
  Pending: 'It waits: for its VM to run, for another snapshot of the same VM, or for its claim.',
  Snapshotting: 'The moment is fixed, and the disk as it was then is being copied.',
  Ready: 'The image is complete and can be booted.',
  Failed: 'There is no image, and there will be none; the Stalled condition says why.',
  Deleting: 'It is being deleted, or waits until nothing uses it any more.',
} as const

/** One word for people that sums a Snapshot up. */
export type SnapshotPhase = keyof typeof snapshotPhases

/** An image that a disk was made from. */
const ancestor = z.object({
  kind: z.string().max(63).describe('Snapshot, BaseImage or PersistentVolumeClaim.'),
  name: z.string().max(253).describe('Its name when it was booted. It may be gone by now.'),
  namespace: z
    .string()
    .max(63)
    .optional()
    .describe("Namespace of a BaseImage, where it is not the snapshot's own."),
  sha256: z.string().max(64).optional().describe('SHA-256 of the image that was booted, where it is known.'),
})

const source = z
  .object({
    instanceUID: z.string().max(63).describe('UID of the EphemeralInstance.'),
    podName: z.string().max(253).describe('Name of the pod of the VM.'),
    podUID: z.string().max(63).describe('UID of the pod of the VM: another pod is another VM.'),
    disk: z.string().max(32).describe('Size of the disk of the VM, as a quantity.'),
  })
  .describe('The VM that the disk is from, pinned when the work on it began.')

/** What the operator has found out about a Snapshot. */
export const snapshotStatus = z
  .object({
    observedGeneration,
    phase: z
      .string()
      .max(63)
      .optional()
      .describe(
        'One word for people: Pending, Snapshotting, Ready, Failed or Deleting. Programs look at the conditions.',
      ),
    conditions: conditions
      .optional()
      .describe(
        'What is known: Ready (the image can be booted), Reconciling (work goes on), Stalled (it failed).',
      ),
    ...diskImageFields,
    source: source.optional(),
    takenAt: z.iso
      .datetime()
      .optional()
      .describe('The moment that the image shows: the switch happened before this and after the creation.'),
    quiesced: z
      .boolean()
      .optional()
      .describe("Whether the guest's filesystems were frozen by its agent at that moment."),
    guestPauseMs: z
      .int()
      .min(0)
      .optional()
      .describe(
        "Milliseconds in which the guest's writes could have waited for the switch, freeze and thaw included: measured in the pod.",
      ),
    attempts: z
      .int32()
      .min(0)
      .optional()
      .describe('How often the copy was begun anew because its worker failed or was lost.'),
    durationMs: z
      .int()
      .min(0)
      .optional()
      .describe('Milliseconds from that moment until the image was complete.'),
    lineage: z
      .array(ancestor)
      .max(32)
      .optional()
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .describe(
        'What the disk was made from, the nearest first: the image that the VM had booted, and if that was a snapshot, its own lineage. The image needs none of them: it is one flat file.',
      ),
    defaultUser: z
      .string()
      .max(32)
      .optional()
      .describe(
        'The user that ssh keys are given to, where the BaseImage at the root of the disk said it when the VM was built.',
      ),
    firmware: firmware
      .optional()
      .describe('What the VM booted by, and what boots the snapshot does. Absent: BIOS.'),
    copies,
  })
  .describe('What the operator found out. Written by the operator only.')

/** What the operator has found out about a Snapshot. */
export type SnapshotStatus = z.infer<typeof snapshotStatus>

/** Longest name of a Snapshot: the names of its children add up to six characters, and a pod's host name has 63. */
export const longestSnapshotName = 57

/** A kept disk. Parsing tolerates (and drops) fields that it does not know, for upgrades and downgrades. */
export const snapshot = z
  .object({
    apiVersion: z.literal(apiVersion),
    kind: z.literal('Snapshot'),
    metadata: objectMeta,
    spec: snapshotSpec,
    status: snapshotStatus.optional(),
  })
  .meta(
    rules({
      rule: `size(self.metadata.name) <= ${longestSnapshotName} && self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')`,
      message: `metadata.name becomes the name of a claim and a pod: use at most ${longestSnapshotName} lower-case letters, digits and dashes, no dots`,
    }),
  )
  .describe(
    'A Snapshot keeps the disk of a running EphemeralInstance as it is at one moment, while the guest goes on. The result is a new bootable image in a PersistentVolumeClaim of its own, for boot.snapshot of other instances.',
  )

/** A kept disk as the API server hands it out, its spec's defaults filled in. */
export type Snapshot = z.infer<typeof snapshot>

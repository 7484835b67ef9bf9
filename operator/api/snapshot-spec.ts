import { z } from 'zod'
import { type Rule, rules } from './cel.ts'
import { quantity } from './quantity.ts'

/** Fields that say what is taken and where it goes; with which a snapshot that exists would be another one. */
const fixed = [
  'instance',
  'quiesce',
  'minDisk',
  'minMemory',
  'storageClassName',
  'capacity',
  'deadlineSeconds',
  'retain',
] as const

const unchanged = (field: string): Rule => ({
  rule: `has(self.${field}) == has(oldSelf.${field}) && (!has(self.${field}) || self.${field} == oldSelf.${field})`,
  message: `${field} cannot be changed: a snapshot is of one moment. Make another Snapshot (displayName and description can be changed)`,
  fieldPath: `.${field}`,
})

/** What a Snapshot asks for. */
export const snapshotSpec = z
  .object({
    instance: z
      .string()
      .max(60)
      .meta(
        rules({
          rule: "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
          message:
            'instance must be the name of an EphemeralInstance in this namespace: kubectl get ei lists them',
        }),
      )
      .describe(
        'Name of the EphemeralInstance in the same namespace whose disk is kept. Its VM must run (or be paused); until it does, the snapshot waits.',
      ),
    displayName: z
      .string()
      .max(253)
      .optional()
      .describe(
        'Name for people. It can be changed at any time, touches nothing else, and need not be the only one of its kind.',
      ),
    description: z
      .string()
      .max(1024)
      .optional()
      .describe('What the snapshot is, in a few words. It can be changed at any time.'),
    quiesce: z
      .enum(['Auto', 'Required', 'Never'])
      .default('Auto')
      .describe(
        "Whether the guest's agent freezes its filesystems for the moment of the snapshot. Auto: if an agent answers. Required: without an agent the snapshot fails. Never: the disk is kept as after a power cut, which journalling filesystems survive. Default Auto; the status says what was done.",
      ),
    minDisk: quantity('minDisk', '1Mi', '64Ti')
      .optional()
      .describe(
        "Least disk of a VM that boots the snapshot. Default, and least: the source's own disk. A smaller value has no effect.",
      ),
    minMemory: quantity('minMemory', '64Mi', '4Ti')
      .optional()
      .describe(
        'Least memory of a VM that boots the snapshot. Default, and least: what the image that the source booted asks for. A smaller value has no effect.',
      ),
    storageClassName: z
      .string()
      .max(253)
      .optional()
      .describe(
        "StorageClass of the claim that is made for the image; any will do. Default: the cluster's default class.",
      ),
    capacity: quantity('capacity', '1Mi', '64Ti')
      .optional()
      .describe(
        "Size of that claim. Default: room for the source's whole disk, were it full of data that cannot be compressed. A snapshot that does not fit fails, and the guest notices nothing.",
      ),
    deadlineSeconds: z
      .int32()
      .min(10)
      .max(604800)
      .default(3600)
      .describe(
        'Seconds from the creation of the object until the snapshot has to be Ready; after that it fails and is cleaned up. 10 to 604800, default 3600. As long as it is under way, what the guest overwrites is kept a second time in its pod.',
      ),
    retain: z
      .boolean()
      .default(false)
      .describe(
        'true: the claim with the image stays when the Snapshot is deleted. Default false: it goes with it.',
      ),
  })
  .meta(rules(...fixed.map(unchanged)))
  .describe(
    'What you ask for. The operator never changes it. All but displayName and description is fixed once the object exists.',
  )

/** What a Snapshot asks for, with its defaults filled in. */
export type SnapshotSpec = z.infer<typeof snapshotSpec>

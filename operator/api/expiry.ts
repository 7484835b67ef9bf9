import { z } from 'zod'
import { rules } from './cel.ts'

/** When an instance expires, whichever comes first; and what happens then is the affair of `onExpiry`. */
export const expiry = z
  .object({
    ttlSeconds: z
      .int32()
      .min(10)
      .max(315_360_000)
      .optional()
      .describe(
        'Seconds from the creation of the instance. Stops, rebuilds and lost pods do not begin them anew. 10 to 315360000 (ten years).',
      ),
    deadline: z.iso
      .datetime({ offset: true })
      .optional()
      .describe('A moment, such as 2027-01-31T18:00:00Z or 2027-01-31T18:00:00+01:00.'),
    idleSeconds: z
      .int32()
      .min(60)
      .max(31_536_000)
      .optional()
      .describe(
        'Seconds in which nobody uses the VM: no TCP connection to one of its ports, and next to no work for its CPUs. Only a guest that answers its readiness check is idle: not one that starts, is paused or rescued, nor a spare of an InstanceSet. 60 to 31536000 (a year).',
      ),
  })
  .meta(
    rules({
      rule: 'has(self.ttlSeconds) || has(self.deadline) || has(self.idleSeconds)',
      message:
        'expiry needs at least one of ttlSeconds, deadline and idleSeconds; leave expiry out for an instance that never expires',
    }),
  )
  .describe(
    'When the instance expires: after ttlSeconds, at the deadline, or when nobody has used its VM for idleSeconds, whichever comes first; status.expiresAt says when the first two are. Absent: never. Takes effect at once, so raising ttlSeconds or deadline gives a VM that runs more time.',
  )

/** What becomes of an instance that expired. */
export const onExpiry = z
  .enum(['Stop', 'Delete', 'SnapshotThenDelete'])
  .describe(
    'What happens when the instance expires. Stop: the VM is powered down and stays so until expiry is changed; the instance stays. (One that was stopped as idle is also started by a rebuild, and by Stopped and then Running as powerState.) Delete: the instance is deleted, and its VM with it. SnapshotThenDelete: a Snapshot of the running VM is taken first, and if that fails the VM is kept. Default Stop. Takes effect at once.',
  )

/** What becomes of an instance that expired. */
export type OnExpiry = z.infer<typeof onExpiry>

import { z } from 'zod'

/** That the VM is about to leave its node, and how far that is. A drain that is called off and one that follows are two. */
export const drain = z
  .object({
    since: z.iso
      .datetime()
      .describe(
        'Since when it is being kept for that: what names its Snapshot. Another drain has another one.',
      ),
    releasedAt: z.iso
      .datetime()
      .optional()
      .describe('Since when its pod may go. Where nobody takes it within 20 s, the operator does.'),
  })
  .optional()
  .describe(
    'That the VM is leaving its node, which is drained, under eviction SnapshotThenRecreate. Taken away when the drain is called off, and when the VM runs elsewhere.',
  )

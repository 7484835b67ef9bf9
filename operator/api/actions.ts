import { z } from 'zod'

/** What is done to a VM, by somebody or by itself. */
export const actionNames = [
  'Start',
  'Stop',
  'Pause',
  'Resume',
  'Shelve',
  'Unshelve',
  'Reboot',
  'Reset',
  'Rescue',
  'Unrescue',
  'Rebuild',
  'Restart',
  'Relocate',
  'End',
] as const

/** How many of the last actions are kept. */
export const mostActions = 10

const action = z
  .object({
    action: z
      .enum(actionNames)
      .describe(
        'What was done: Start, Stop, Pause, Resume, Shelve (the disk was kept and the VM went), Unshelve (a fresh VM starts from that disk), Reboot, Reset, Rescue (the rescue system was started), Unrescue (the VM boots from its own disk again), Rebuild, Restart (a fresh VM took the place of one that ended or was lost), Relocate (the VM left a drained node with its disk), End (a VM ended, and no other is started).',
      ),
    at: z.iso.datetime().describe('When the operator saw to it, or saw it.'),
    reason: z.string().max(63).describe('Why, in one CamelCase word for programs.'),
    message: z.string().max(256).describe('Why, in a sentence for people.'),
  })
  .describe('One thing that was done.')

/** The last things that were done to a VM, the newest last. */
export const actions = z
  .array(action)
  .max(mostActions)
  .meta({ 'x-kubernetes-list-type': 'atomic' })
  .optional()
  .describe(
    'The last things that were done to the VM, or that it did by itself; the newest comes last. At most 10.',
  )

/** One thing that was done to a VM. */
export type ActionRecord = Readonly<z.infer<typeof action>>

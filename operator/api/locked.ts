import { z } from 'zod'
import type { Rule } from './cel.ts'

/** That an instance is not to be touched, and why. */
export const locked = z
  .object({
    reason: z
      .string()
      .min(1)
      .max(1024)
      .describe('Why, and until when: whoever is refused is told this. 1 to 1024 characters.'),
  })
  .describe(
    'Protects the instance from mistakes. As long as it is set, the API server refuses every other change of the spec, and (by an admission policy of the chart) refuses to delete the instance; and the instance does not expire. Take it away to unlock; other changes may come with that. Takes effect at once.',
  )

/** Of a whole spec: nothing changes while the lock is on. */
export const lockRule: Rule = {
  rule: '!has(oldSelf.locked) || !has(self.locked) || self == oldSelf',
  message: 'the instance is locked: take spec.locked away first',
  messageExpression: "'the instance is locked (' + oldSelf.locked.reason + '): take spec.locked away first'",
}

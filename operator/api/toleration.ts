import { z } from 'zod'
import { rules } from './cel.ts'

/** A taint of nodes that does not keep the VM away; as a pod has it. */
export const toleration = z
  .object({
    key: z
      .string()
      .max(317)
      .optional()
      .describe('The taint, such as dedicated. Absent or empty, with operator Exists: every taint.'),
    operator: z
      .enum(['Equal', 'Exists'])
      .optional()
      .describe('Equal: the value has to be the same. Exists: any value. Default Equal.'),
    value: z.string().max(63).optional().describe('The value of the taint, with operator Equal.'),
    effect: z
      .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])
      .optional()
      .describe('NoSchedule, PreferNoSchedule or NoExecute. Absent: all of them.'),
    tolerationSeconds: z
      .int()
      .min(0)
      .optional()
      .describe('With effect NoExecute: how long the VM stays once the taint is there. Absent: for ever.'),
  })
  .meta(
    rules(
      {
        rule: "has(self.key) && self.key != '' || (has(self.operator) && self.operator == 'Exists')",
        message: 'name the taint in key, or set operator: Exists to tolerate every taint',
      },
      {
        rule: "!has(self.value) || !has(self.operator) || self.operator != 'Exists'",
        message: 'operator Exists takes no value: leave value out, or use operator Equal',
      },
      {
        rule: "!has(self.tolerationSeconds) || (has(self.effect) && self.effect == 'NoExecute')",
        message: 'tolerationSeconds is for effect NoExecute: set that effect, or leave tolerationSeconds out',
      },
    ),
  )

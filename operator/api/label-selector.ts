import { z } from 'zod'
import { rules } from './cel.ts'

const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist'] as const

/** A selection by labels, as Kubernetes has it everywhere. `of` says what is selected. */
export function labelSelector(of: string) {
  return z
    .object({
      matchLabels: z
        .record(z.string(), z.string().max(63))
        .optional()
        .describe('Labels that have to be there, each with this value.'),
      matchExpressions: z
        .array(
          z
            .object({
              key: z.string().min(1).max(317).describe('The label.'),
              operator: z.enum(operators).describe('In, NotIn, Exists or DoesNotExist.'),
              values: z
                .array(z.string().max(63))
                .max(32)
                .meta({ 'x-kubernetes-list-type': 'atomic' })
                .optional()
                .describe('For In and NotIn: the values.'),
            })
            .meta(
              rules({
                rule: "(self.operator in ['In', 'NotIn']) == (has(self.values) && self.values.size() > 0)",
                message: 'In and NotIn need values; Exists and DoesNotExist take none',
              }),
            ),
        )
        .max(16)
        .meta({ 'x-kubernetes-list-type': 'atomic' })
        .optional()
        .describe('Further requirements; all have to hold.'),
    })
    .describe(`Which ${of}, by labels. Empty: all.`)
}

import { z } from 'zod'
import { rules } from './cel.ts'
import { instanceTemplate } from './instance-template.ts'

/** Most replicas, and most spares, of one set. */
export const mostReplicas = 1000
export const mostSpares = 100

const maxUnavailable = z
  .union([z.int(), z.string().max(5)])
  .meta({
    'x-kubernetes-int-or-string': true,
    ...rules({
      rule: "type(self) == int ? self >= 1 : self.matches('^([1-9][0-9]?|100)%$')",
      message:
        'maxUnavailable must be a number from 1 on, such as 2, or a share from 1% to 100%, such as "25%"',
    }),
  })
  .optional()
  .describe(
    'How many instances may be missing or not Ready while others are replaced: a number, or a share of replicas, rounded down, at least 1. Default 1.',
  )

const updateStrategy = z
  .object({
    type: z
      .enum(['RollingUpdate', 'OnDelete'])
      .optional()
      .describe(
        'RollingUpdate: after a change of the template the instances are replaced, a few at a time. OnDelete: an instance keeps what it was made from until somebody deletes it. Default RollingUpdate.',
      ),
    maxUnavailable,
  })
  .describe('How a change of the template reaches the instances. Takes effect at once.')

/** What an InstanceSet asks for. */
export const instanceSetSpec = z
  .object({
    replicas: z
      .int32()
      .min(0)
      .max(mostReplicas)
      .default(1)
      .describe(
        `How many instances there are to be; 0 to ${mostReplicas}, default 1. kubectl scale and a HorizontalPodAutoscaler set it. Takes effect at once.`,
      ),
    warm: z
      .int32()
      .min(0)
      .max(mostSpares)
      .optional()
      .describe(
        `How many spare instances are kept booted and Ready beside the replicas; 0 to ${mostSpares}, default 0. A spare takes over at once when a replica is deleted, lost or taken out of the set, or when replicas is raised. Takes effect at once.`,
      ),
    template: instanceTemplate,
    updateStrategy: updateStrategy.optional(),
  })
  .describe('What you ask for. The operator never changes it.')

/** What an InstanceSet asks for, with its defaults filled in. */
export type InstanceSetSpec = z.infer<typeof instanceSetSpec>

/** How many instances may be missing or not Ready while others are replaced; at least 1. */
export function mostUnavailable({ replicas, updateStrategy: strategy }: InstanceSetSpec): number {
  const given = strategy?.maxUnavailable ?? 1
  const number = typeof given === 'number' ? given : Math.floor((replicas * Number.parseInt(given, 10)) / 100)
  return Math.max(1, number)
}

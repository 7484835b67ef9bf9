import { z } from 'zod'
import { rules } from './cel.ts'
import { conditions, observedGeneration } from './conditions.ts'
import { apiVersion } from './group.ts'
import { instanceSetSpec } from './instance-set-spec.ts'
import { objectMeta } from './object-meta.ts'

/** The conditions of an InstanceSet, each with what its being True says. */
export const setConditionTypes = {
  Ready: 'All replicas are Ready and made from the template as it is (or wait for that, under OnDelete).',
  Available: 'No more replicas are missing or not Ready than updateStrategy.maxUnavailable allows.',
  Reconciling: 'Instances are being made, removed, replaced or waited for. Absent otherwise.',
  Stalled: 'Nothing goes on before somebody acts; the message says what to do. Absent otherwise.',
} as const

/** The name of a condition of an InstanceSet. */
export type SetConditionType = keyof typeof setConditionTypes

const count = (what: string) => z.int32().min(0).optional().describe(what)

/** What the operator has found out about an InstanceSet. */
export const instanceSetStatus = z
  .object({
    observedGeneration,
    replicas: count('Replicas that exist, Ready or not; spares do not count.'),
    readyReplicas: count('Replicas that are Ready: their guests answer.'),
    availableReplicas: count('The same number, under the name that tools for Deployments look for.'),
    updatedReplicas: count('Replicas that were made from the template as it is.'),
    warmReplicas: count('Spares that are Ready and made from the template as it is.'),
    selector: z
      .string()
      .max(512)
      .optional()
      .describe(
        'The label selector of the replicas and of their pods, as text: what a HorizontalPodAutoscaler and Services select by.',
      ),
    templateHash: z
      .string()
      .max(63)
      .optional()
      .describe(
        'The label ephemera.dev/template-hash of instances that are made from the template as it is.',
      ),
    conditions: conditions
      .optional()
      .describe(
        'What is known: Ready (all replicas answer and are up to date), Available (enough of them answer), Reconciling (work goes on), Stalled (somebody has to act).',
      ),
  })
  .describe('What the operator found out. Written by the operator only.')

/** What the operator has found out about an InstanceSet. */
export type InstanceSetStatus = z.infer<typeof instanceSetStatus>

/** Longest name of a set: its instances' names add a dash and up to four digits, and an instance's name has 60. */
export const longestSetName = 55

/** A number of like VMs. Parsing tolerates (and drops) fields that it does not know, for upgrades and downgrades. */
export const instanceSet = z
  .object({
    apiVersion: z.literal(apiVersion),
    kind: z.literal('InstanceSet'),
    metadata: objectMeta,
    spec: instanceSetSpec,
    status: instanceSetStatus.optional(),
  })
  .meta(
    rules({
      rule: `size(self.metadata.name) <= ${longestSetName} && self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')`,
      message: `metadata.name begins the names of the instances: use at most ${longestSetName} lower-case letters, digits and dashes, no dots`,
    }),
  )
  .describe(
    'An InstanceSet keeps a number of like EphemeralInstances running, with spares that take over at once if you ask for some. They are named NAME-0, NAME-1 and so on. kubectl scale and a HorizontalPodAutoscaler change how many there are.',
  )

/** A number of like VMs as the API server hands it out, its spec's defaults filled in. */
export type InstanceSet = z.infer<typeof instanceSet>

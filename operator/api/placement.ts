import { z } from 'zod'
import { listMap, rules } from './cel.ts'
import { labelSelector } from './label-selector.ts'
import { objectName } from './object-name.ts'
import { toleration } from './toleration.ts'

/**
 * A part of a pod's affinity, handed on as it is: written out, it would be more than all the rest of the spec. What is wrong
 * in it the API server says when the pod is made.
 */
const passedOn = (what: string) =>
  z
    .record(z.string(), z.unknown())
    .meta({ 'x-kubernetes-preserve-unknown-fields': true })
    .optional()
    .describe(`${what} As in a pod: kubectl explain pod.spec.affinity`)

const affinity = z
  .object({
    nodeAffinity: passedOn('Which nodes are needed or preferred.'),
    podAffinity: passedOn('Near which pods.'),
    podAntiAffinity: passedOn('Away from which pods.'),
  })
  .describe("Which nodes, and near or away from which pods. A VM's pod has the labels of its instance.")

const spread = z
  .object({
    topologyKey: z
      .string()
      .min(1)
      .max(317)
      .describe('The label that tells the parts apart, such as topology.kubernetes.io/zone.'),
    maxSkew: z.int32().min(1).describe('By how many pods the parts may differ.'),
    whenUnsatisfiable: z
      .enum(['DoNotSchedule', 'ScheduleAnyway'])
      .describe('DoNotSchedule: the VM waits. ScheduleAnyway: it is a wish.'),
    labelSelector: labelSelector('pods are counted').optional(),
    minDomains: z.int32().min(1).optional().describe('With DoNotSchedule: how many parts there have to be.'),
    nodeAffinityPolicy: z
      .enum(['Honor', 'Ignore'])
      .optional()
      .describe(
        'Whether nodes that nodeSelector and nodeAffinity rule out count. Default Honor: they do not.',
      ),
    nodeTaintsPolicy: z
      .enum(['Honor', 'Ignore'])
      .optional()
      .describe('Whether taints rule nodes out of the count. Default Ignore: they do not.'),
    matchLabelKeys: z
      .array(z.string().max(317))
      .max(16)
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .optional()
      .describe("Labels of the VM's own pod whose values the counted pods share."),
  })
  .meta(
    rules({
      rule: "!has(self.minDomains) || self.whenUnsatisfiable == 'DoNotSchedule'",
      message: 'minDomains needs whenUnsatisfiable: DoNotSchedule',
    }),
  )

const group = z
  .object({
    name: z
      .string()
      .max(63)
      .meta(
        rules({
          rule: "self.matches('^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$')",
          message:
            'group.name becomes a label: at most 63 letters, digits, dots, dashes and underscores, such as web',
        }),
      )
      .describe('The VMs of the namespace that give the same name are a group.'),
    policy: z
      .enum(['AntiAffinity', 'SoftAntiAffinity', 'Affinity'])
      .describe(
        'AntiAffinity: no two VMs of the group share a node; one for which there is no node waits. SoftAntiAffinity: they share one only where there is no other. Affinity: all run on one node.',
      ),
    topologyKey: z
      .string()
      .min(1)
      .max(317)
      .optional()
      .describe(
        'What is shared or not, if not a node: a label of nodes such as topology.kubernetes.io/zone. Default kubernetes.io/hostname.',
      ),
  })
  .describe("VMs that keep apart or together: Nova's server groups, without an object of their own.")

/** Where the VM may run: what its pod is given for the scheduler. */
export const placement = z
  .object({
    nodeSelector: z
      .record(z.string(), z.string().max(63))
      .optional()
      .describe('Labels that a node must have. kubectl get nodes --show-labels shows what there is.'),
    affinity: affinity.optional(),
    tolerations: z
      .array(toleration)
      .max(32)
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .optional()
      .describe('Taints of nodes that do not keep the VM away.'),
    topologySpreadConstraints: z
      .array(spread)
      .max(8)
      .meta(listMap('topologyKey', 'whenUnsatisfiable'))
      .optional()
      .describe('How evenly VMs are spread over nodes or zones.'),
    priorityClassName: objectName(
      'priorityClassName must be the name of a PriorityClass: kubectl get priorityclasses',
    )
      .optional()
      .describe('PriorityClass of the pod: whom it makes room for, and who makes room for it.'),
    schedulerName: objectName('schedulerName must be the name of a scheduler, such as default-scheduler')
      .optional()
      .describe('Who places the pod. Default: the default scheduler of the cluster.'),
    runtimeClassName: objectName(
      'runtimeClassName must be the name of a RuntimeClass: kubectl get runtimeclasses',
    )
      .optional()
      .describe('RuntimeClass of the pod, such as one with a sandbox of its own.'),
    group: group.optional(),
  })
  .describe(
    'Where the VM may run. A change takes effect at the next rebuild; a VM that never ran takes it at once.',
  )

/** Where the VM may run. */
export type Placement = z.infer<typeof placement>

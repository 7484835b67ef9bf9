import { z } from 'zod'
import { exactlyOneOf, rules } from './cel.ts'

/** What the disk of a VM starts as. Every source is optional here, so that the rule can say what to do when none is given. */
export const boot = z
  .object({
    claim: z
      .string()
      .max(253)
      .meta(
        rules({
          rule: "self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')",
          message: 'claim must be the name of a PersistentVolumeClaim in this namespace, such as debian-13',
        }),
      )
      .optional()
      .describe(
        'Name of a PersistentVolumeClaim in the same namespace. Its root directory holds the base image as disk.qcow2 or disk.img (raw). It is mounted read-only and never written to, so any number of VMs share it.',
      ),
  })
  .meta(
    rules({
      rule: exactlyOneOf('claim'),
      message:
        'boot needs exactly one source: set boot.claim to the name of a PersistentVolumeClaim that holds the image',
    }),
  )
  .describe(
    "What the VM's disk starts as: exactly one source. Each start and each rebuild begins from it again. A change takes effect at the next rebuild.",
  )

/** What the disk of a VM starts as: exactly one member is set, as the schema's rule sees to. */
export type Boot = z.infer<typeof boot>

import { z } from 'zod'
import { apiVersion } from './group.ts'
import { objectMeta } from './object-meta.ts'
import { quantity } from './quantity.ts'
import { sizeFields } from './resources.ts'

/** What a Flavor says. */
export const flavorSpec = z
  .object({
    ...sizeFields,
    scratch: quantity('scratch', '1Mi', '64Ti')
      .optional()
      .describe(
        'Size of a blank disk beside the first, named scratch, as a quantity such as 20Gi. It is gone with the VM. Default: none.',
      ),
    swap: quantity('swap', '1Mi', '64Ti')
      .optional()
      .describe(
        'Size of a disk named swap with the signature of swap space, as a quantity such as 1Gi. Default: none.',
      ),
    description: z
      .string()
      .max(256)
      .optional()
      .describe('What the flavor is for, in one line for the people who choose one.'),
    cpuOvercommit: z
      .number()
      .min(1)
      .max(64)
      .optional()
      .describe(
        "How many virtual CPUs of this flavor share one CPU of the node: the pod requests cpus divided by this and is limited to cpus and one more, for what QEMU does beside the guest. Default: the operator's setting (4 unless the administrator chose another).",
      ),
  })
  .describe(
    'The size. A change is taken up by instances that use the flavor at their next rebuild; a VM that runs keeps what it started with.',
  )

/** A named size for VMs, for the whole cluster. */
export const flavor = z
  .object({
    apiVersion: z.literal(apiVersion),
    kind: z.literal('Flavor'),
    metadata: objectMeta,
    spec: flavorSpec,
  })
  .describe(
    'A Flavor is a named size for VMs: virtual CPUs, memory and disk. An EphemeralInstance names one in spec.flavor.',
  )

/** A named size for VMs, as the API server hands it out. */
export type Flavor = z.infer<typeof flavor>

/** The size that a Flavor stands for. */
export type FlavorSpec = z.infer<typeof flavorSpec>

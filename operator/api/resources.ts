import { z } from 'zod'
import { quantity } from './quantity.ts'

/** The parts of a VM's size, shared by a Flavor and by an instance's inline resources. */
export const sizeFields = {
  cpus: z
    .int32()
    .min(1)
    .max(256)
    .describe(
      'Virtual CPUs, 1 to 256. The guest can use them fully; the node sets aside a share (see cpuOvercommit).',
    ),
  memory: quantity('memory', '64Mi', '4Ti').describe(
    'RAM that the guest sees, as a quantity such as 512Mi or 2Gi; at least 64Mi. The pod asks for a little more, for QEMU itself.',
  ),
  disk: quantity('disk', '1Mi', '64Ti').describe(
    "Size of the disk that the guest sees, as a quantity such as 10Gi. Not smaller than the image's own size; what lies beyond the image is empty space that the guest may grow into. It counts as the pod's ephemeral storage and is gone with the VM.",
  ),
}

/** A VM's size, written out. */
export const resources = z.object(sizeFields)

/** A VM's size. Memory and disk are quantities; `bytesOf` reads them. */
export type Resources = z.infer<typeof resources>

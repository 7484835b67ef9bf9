import { z } from 'zod'
import { listMap } from './cel.ts'

/** What uses an image: it cannot be deleted before the last of them is gone. */
const user = z.object({
  kind: z.string().max(63).describe('The kind of the object, such as EphemeralInstance.'),
  name: z.string().max(253).describe('Its name, in the same namespace.'),
})

const copy = z.object({
  namespace: z.string().max(63).describe('The namespace that it is in.'),
  claim: z.string().max(253).describe('Its PersistentVolumeClaim.'),
  node: z
    .string()
    .max(1024)
    .optional()
    .describe('The node (or the zone) that its volume is tied to, once it has one.'),
  phase: z.string().max(63).describe('Waiting (for a node), Copying or Ready.'),
  message: z.string().max(1024).optional().describe('How the last try to make it failed.'),
})

/** Where else an image is. */
export const copies = z
  .array(copy)
  .max(64)
  .optional()
  .meta(listMap('namespace', 'claim'))
  .describe(
    'Copies of the image on other nodes, the first 64 of them: made where VMs need them, and deleted when no VM has had them for a while.',
  )

/** What a bootable image says of itself in its status, whatever it was made from. */
export const diskImageFields = {
  progress: z
    .int32()
    .min(0)
    .max(100)
    .optional()
    .describe('How much of the work is done, in percent. 100 once the image can be booted.'),
  claim: z
    .string()
    .max(253)
    .optional()
    .describe(
      'Name of the PersistentVolumeClaim whose root holds the image as disk.qcow2. Complete, and booted, only once sha256 is there, too.',
    ),
  sha256: z
    .string()
    .max(64)
    .optional()
    .describe('SHA-256 of that file, hexadecimal: what a VM booted is pinned by it.'),
  virtualSize: z
    .string()
    .max(32)
    .optional()
    .describe('Size of the disk that a guest sees in it, as a quantity.'),
  size: z.string().max(32).optional().describe('Size of the file, as a quantity.'),
  format: z.string().max(16).optional().describe('Format of the file: qcow2.'),
  minDisk: z
    .string()
    .max(32)
    .optional()
    .describe('Least disk of a VM that boots the image, as a quantity. A smaller one is refused.'),
  minMemory: z
    .string()
    .max(32)
    .optional()
    .describe('Least memory of a VM that boots the image, as a quantity. A smaller one is refused.'),
  usedBy: z
    .array(user)
    .max(64)
    .optional()
    .meta(listMap('kind', 'name'))
    .describe(
      'What uses the image at present, the first 64 of them. A delete waits until nothing does any more.',
    ),
}

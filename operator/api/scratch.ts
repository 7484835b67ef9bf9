import { z } from 'zod'
import { listMap } from './cel.ts'
import { diskName } from './disk-name.ts'
import { quantity } from './quantity.ts'

/** A blank disk that is gone with its VM. */
export const scratchDisk = z.object({
  name: diskName.describe(
    'Name of the disk, at most 20 characters: its serial number in the guest, which finds it as /dev/disk/by-id/virtio-NAME.',
  ),
  size: quantity('size', '1Mi', '64Ti').describe(
    "Size of the disk, as a quantity such as 10Gi. It counts as the pod's ephemeral storage.",
  ),
})

const most = 4

/** Blank disks of an instance, told apart by name. */
export const scratch = z
  .array(scratchDisk)
  .max(most)
  .meta(listMap('name'))
  .describe(
    `Blank disks beside the first; up to ${most}. Each start of the VM gets them anew, without a file system. A change takes effect at the next rebuild.`,
  )

/** A rule for the spec as a whole. */
export const diskNamesDiffer = {
  rule: '!has(self.volumes) || !has(self.scratch) || self.scratch.all(s, !self.volumes.exists(v, v.name == s.name))',
  message: 'a scratch disk and a volume have the same name: choose another for one of them',
} as const

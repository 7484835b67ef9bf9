import { z } from 'zod'
import { listMap, rules } from './cel.ts'
import { diskName } from './disk-name.ts'
import { objectName } from './object-name.ts'

/** A PersistentVolumeClaim as a disk of the guest. */
export const volume = z.object({
  name: diskName.describe(
    'Name of the disk, at most 20 characters: its serial number in the guest, which finds it as /dev/disk/by-id/virtio-NAME.',
  ),
  claim: objectName(
    'claim must be the name of a PersistentVolumeClaim in this namespace, such as data',
  ).describe(
    'Name of a PersistentVolumeClaim in the same namespace. With volumeMode Block the guest has the block device itself; with Filesystem it has the file disk.img at the top of the claim, which is made at first use, nearly as large as the claim.',
  ),
  readOnly: z
    .boolean()
    .optional()
    .describe(
      'true: the guest can only read, and any number of VMs can do so at a time. Default false: the guest can write, and no other VM has the volume meanwhile.',
    ),
})

/** A PersistentVolumeClaim as a disk of the guest. */
export type Volume = z.infer<typeof volume>

/** The most of them: each takes a slot of the guest's PCI bus. */
const most = 12

/** The volumes of an instance, told apart by name. */
export const volumes = z
  .array(volume)
  .max(most)
  .meta({
    ...listMap('name'),
    ...rules({
      rule: 'self.all(v, self.exists_one(w, w.claim == v.claim))',
      message: 'the same claim is listed twice: remove one of the entries',
    }),
  })
  .describe(
    `PersistentVolumeClaims that the guest has as further disks; up to ${most}. What is on them outlives rebuilds and the VM itself. A change takes effect at the next rebuild.`,
  )

/** A rule for the spec as a whole. */
export const bootedClaimIsNoVolume = {
  rule: '!has(self.volumes) || !has(self.boot.claim) || self.volumes.all(v, v.claim != self.boot.claim)',
  message:
    'the claim that the VM boots from cannot be one of its volumes as well: give the volume a claim of its own',
} as const

import { z } from 'zod'
import { rules } from './cel.ts'

/** Names that disks of other kinds have. */
const reserved = ['scratch', 'swap'] as const

/** The most that virtio's serial numbers hold. */
const longest = 20

/** The name of a disk besides the first: the guest sees it as the disk's serial number. */
export const diskName = z
  .string()
  .max(longest)
  .meta(
    rules(
      {
        rule: "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
        message: `name must be lower-case letters, digits and dashes, at most ${longest} of them, as in data or db-1: the guest sees it as the disk's serial number`,
      },
      {
        rule: `!(self in [${reserved.map((name) => `'${name}'`).join(', ')}])`,
        message: `the names ${reserved.join(' and ')} are those of a flavor's own disks: choose another`,
      },
    ),
  )

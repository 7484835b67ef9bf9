import { z } from 'zod'

/** How much is kept of what a guest says: it may say anything. */
export const guestLimits = { text: 128, addresses: 8, filesystems: 8 } as const

const text = (what: string) => z.string().max(guestLimits.text).optional().describe(what)
const filesystem = z
  .object({
    mountpoint: z.string().max(guestLimits.text).describe('Where it is mounted.'),
    type: z.string().max(guestLimits.text).describe('Its type, such as ext4.'),
    totalBytes: z.int().min(0).optional().describe('Its size in bytes, where the guest tells it.'),
  })
  .describe('A file system of the guest.')

/** What the guest says of itself. */
export const guestInfo = z
  .object({
    os: text("The operating system's name and version, such as Debian GNU/Linux 12 (bookworm)."),
    kernel: text("The kernel's release."),
    hostname: text('The name that the guest has given itself.'),
    addresses: z
      .array(z.string().max(45))
      .max(guestLimits.addresses)
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .optional()
      .describe(
        "Addresses of the guest's network cards, without loopback and link-local ones. Those that it is reached at are in ips.",
      ),
    filesystems: z
      .array(filesystem)
      .max(guestLimits.filesystems)
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .optional()
      .describe('Its file systems.'),
  })
  .optional()
  .describe(
    'What the guest agent says, asked soon after the guest was ready, a few times more until it answers, and once an hour from then on. Absent for guests without one. It is the word of the guest: nothing is decided by it.',
  )

/** What the guest says of itself. */
export type GuestInfo = NonNullable<z.infer<typeof guestInfo>>

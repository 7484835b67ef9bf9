import { z } from 'zod'

/** What a machine boots by. */
export const firmware = z.enum(['BIOS', 'UEFI'])

/** What a machine boots by; where nothing is said it is BIOS. */
export type Firmware = z.infer<typeof firmware>

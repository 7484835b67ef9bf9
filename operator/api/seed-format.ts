import { z } from 'zod'

/** How the seed is laid out. No default in the schema: instances without it stay as they are. */
export const seedFormat = z
  .enum(['NoCloud', 'ConfigDrive'])
  .optional()
  .describe(
    'Layout of the small disk from which the guest reads keys, metadata and user-data. NoCloud: labelled CIDATA, for cloud-init wherever it runs. ConfigDrive: labelled CONFIG-2, as OpenStack has it, for images that know only that. Default NoCloud. A change takes effect at the next rebuild.',
  )

/** How the seed is laid out. */
export type SeedFormat = NonNullable<z.infer<typeof seedFormat>>

import { z } from 'zod'
import { rules } from './cel.ts'

/** Most entries. */
const most = 128

/** Words for the guest, as Nova's `--property`: no default, so that instances without them stay as they are. */
export const guestMetadata = z
  .record(z.string(), z.string().max(255))
  .meta({
    maxProperties: most,
    ...rules({
      rule: "self.all(k, k.size() <= 255 && k.matches('^[-a-zA-Z0-9_.: ]+$'))",
      message:
        'the keys of metadata have 1 to 255 letters, digits, spaces and any of - _ . : (the values may be anything of up to 255 characters)',
    }),
  })
  .optional()
  .describe(
    `Words for the guest, as key and value; up to ${most}. They stand under meta in the metadata of the seed: cloud-init query ds.meta_data.meta prints them, and templates in user-data can use them. A change takes effect at the next rebuild.`,
  )

import { z } from 'zod'
import { rules } from './cel.ts'

/** Most bytes of inline user-data. */
export const userDataLimit = 65536

/** cloud-init user-data, inline. The limit is a CEL rule alone: the message of maxLength could not say what to do. */
export const userData = z
  .string()
  .meta(
    rules({
      rule: `size(bytes(self)) <= ${userDataLimit}`,
      message: `userData may hold at most 64 KiB (${userDataLimit} bytes): let it download what is bigger, or bake it into the base image`,
    }),
  )
  .optional()
  .describe(
    'cloud-init user-data that the guest runs at its first boot: a script that starts with #!, a #cloud-config document, an #include list or a MIME multi-part; at most 64 KiB. Readable by all who may read the instance: no place for passwords. A change takes effect at the next rebuild.',
  )

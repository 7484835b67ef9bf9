import { z } from 'zod'

/** That the instance expired because nobody used its VM. Nothing else remembers it: a VM that was stopped is not idle any more. */
export const idle = z
  .object({
    since: z.iso.datetime().describe('Since when nobody had used the VM.'),
    idleSeconds: z.int32().describe('The spec.expiry.idleSeconds that it expired by.'),
    rebuildGeneration: z.int32().min(0).describe('The spec.rebuildGeneration that it was of.'),
  })
  .optional()
  .describe(
    'That the instance expired because nobody had used its VM for idleSeconds. It is taken away, and a fresh VM may start, when spec.rebuildGeneration or spec.expiry.idleSeconds is changed, or powerState is anything but Running.',
  )

import { z } from 'zod'
import { exactlyOneOf, rules } from './cel.ts'
import { httpCheck, sshCheck, tcpCheck } from './readiness.ts'

/** What is done to a guest that hangs. */
export const liveness = z
  .object({
    ssh: sshCheck.optional().describe("Alive as long as the guest's SSH server sends its banner."),
    tcp: tcpCheck
      .optional()
      .describe('Alive as long as the guest itself accepts a TCP connection on the port.'),
    http: httpCheck
      .optional()
      .describe('Alive as long as a plain HTTP GET is answered with a status from 200 to 399.'),
    silentSeconds: z
      .int32()
      .min(60)
      .max(86400)
      .default(120)
      .describe(
        'Seconds without an answer after which the guest counts as hung. It is asked every ten seconds, and three misses begin the silence. 60 to 86400, default 120.',
      ),
    action: z
      .enum(['Reset', 'Restart'])
      .default('Reset')
      .describe(
        'Reset: the VM is reset, as by resetGeneration; its disk stays. Restart: the VM ends as one that failed (GuestUnresponsive), and restartPolicy says what follows; a fresh VM starts from the boot source. Default Reset.',
      ),
  })
  .meta(
    rules({
      rule: exactlyOneOf('ssh', 'tcp', 'http'),
      message: 'liveness needs exactly one of ssh, tcp and http: how the guest is known to be alive',
    }),
  )
  .optional()
  .describe(
    'What is done to a guest that answered and then falls silent for long. Off by default. A guest that has not answered since its start, is paused, or stands still for want of room on the disk is left alone. A change takes effect at the next rebuild.',
  )

/** The liveness of a spec. */
export type Liveness = NonNullable<z.infer<typeof liveness>>

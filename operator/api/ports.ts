import { z } from 'zod'
import { listMap, rules } from './cel.ts'
import { controlPortName, guestPort, reservedPorts } from './guest-port.ts'

const { first, last } = reservedPorts

/** A port of the guest that the pod's address forwards to it. */
export const port = z.object({
  name: z
    .string()
    .max(15)
    .meta(
      rules(
        {
          rule: "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$') && self.matches('[a-z]') && !self.contains('--')",
          message:
            'name must be lower-case letters, digits and single dashes with at least one letter, as in http or web-2',
        },
        {
          rule: `self != '${controlPortName}'`,
          message: `the name ${controlPortName} is the pod's own: choose another`,
        },
      ),
    )
    .describe('Name of the port, at most 15 characters, such as http. Services can refer to it by name.'),
  port: guestPort.describe(
    `Port number, the same in the guest and at the pod's address. ${first} to ${last} are reserved.`,
  ),
  protocol: z.enum(['TCP', 'UDP']).default('TCP').describe('TCP or UDP. Default TCP.'),
})

/** A port of the guest that the pod's address forwards to it. */
export type Port = z.infer<typeof port>

/** The ports of an instance, told apart by name. */
export const ports = z
  .array(port)
  .max(64)
  .default([])
  .meta({
    ...listMap('name'),
    ...rules({
      rule: 'self.all(p, self.exists_one(q, q.port == p.port && q.protocol == p.protocol))',
      message: 'the same port and protocol is listed twice: remove one of the entries',
    }),
  })
  .describe(
    "Ports of the guest that are reachable at the instance's address; up to 64. SSH (22) and the readiness port are always open. None listed: a sensible set of well-known ports is. A change takes effect at the next rebuild.",
  )

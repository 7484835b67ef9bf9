import { z } from 'zod'
import { atMostOneOf, rules } from './cel.ts'
import { guestPort } from './guest-port.ts'

const nothing = z.object({})

/** How a check by ssh, tcp or http is written, here and wherever else a guest is asked. */
export const sshCheck = z.object({
  port: guestPort.default(22).describe('TCP port of the guest. Default 22.'),
})
export const tcpCheck = z.object({ port: guestPort.describe('TCP port of the guest.') })
export const httpCheck = z.object({
  port: guestPort.describe('TCP port of the guest.'),
  path: z
    .string()
    .max(1024)
    .meta(
      rules({
        rule: "self.matches('^/[^ \\\\x00-\\\\x1f\\\\x7f]*$')",
        message: 'path must start with / and hold no spaces, as in /healthz',
      }),
    )
    .default('/')
    .describe('Path of the request. Default /.'),
})

/**
 * How the guest is known to be up. It has no default in the schema on purpose: a default that fills in `ssh` would stay
 * beside the `tcp` that a later apply brings, and the rule would refuse the two. `readinessOf` knows the default.
 */
export const readiness = z
  .object({
    ssh: sshCheck
      .optional()
      .describe("Ready when the guest's SSH server sent its banner. This is the default."),
    tcp: tcpCheck.optional().describe('Ready when the guest itself accepts a TCP connection on the port.'),
    http: httpCheck
      .optional()
      .describe('Ready when a plain HTTP GET is answered with a status from 200 to 399.'),
    agent: nothing
      .optional()
      .describe('Ready when the QEMU guest agent in the guest answers; write agent: {}.'),
    none: nothing
      .optional()
      .describe('Ready as soon as QEMU runs, for guests that answer nothing; write none: {}.'),
  })
  .meta(
    rules({
      rule: atMostOneOf('ssh', 'tcp', 'http', 'agent', 'none'),
      message:
        'readiness takes at most one of ssh, tcp, http, agent and none: remove the others (all removed means ssh on port 22)',
    }),
  )
  .describe(
    'How the guest is known to be up: at most one of the members. Default: the SSH banner on port 22. A change takes effect at the next rebuild.',
  )

/** The readiness of a spec as it was written. */
export type ReadinessSpec = z.infer<typeof readiness>

/** The one check that applies. */
export type Readiness =
  | Readonly<{ kind: 'ssh'; port: number }>
  | Readonly<{ kind: 'tcp'; port: number }>
  | Readonly<{ kind: 'http'; port: number; path: string }>
  | Readonly<{ kind: 'agent' }>
  | Readonly<{ kind: 'none' }>

/** The check that a spec asks for, the default included. */
export function readinessOf(spec: ReadinessSpec | undefined): Readiness {
  if (spec?.tcp) return { kind: 'tcp', port: spec.tcp.port }
  if (spec?.http) return { kind: 'http', port: spec.http.port, path: spec.http.path }
  if (spec?.agent) return { kind: 'agent' }
  if (spec?.none) return { kind: 'none' }
  return { kind: 'ssh', port: spec?.ssh?.port ?? 22 }
}

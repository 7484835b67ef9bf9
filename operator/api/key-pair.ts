import { z } from 'zod'
import { rules } from './cel.ts'
import { observedGeneration } from './conditions.ts'
import { apiVersion } from './group.ts'
import { objectMeta } from './object-meta.ts'

/** How the base64 of a key of each type begins, and how much of it follows: a key that was cut short is found by that. */
const blobs: readonly (readonly [type: string, blob: string])[] = [
  ['ssh-ed25519', 'AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43}'],
  ['ssh-rsa', 'AAAAB3NzaC1yc2EAAAA[A-Za-z0-9+/]{180,}={0,2}'],
  ['ecdsa-sha2-nistp256', 'AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABB[A-Za-z0-9+/]{87}='],
  ['ecdsa-sha2-nistp384', 'AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABh[A-Za-z0-9+/]{130}=='],
  ['ecdsa-sha2-nistp521', 'AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACF[A-Za-z0-9+/]{178}=='],
  ['sk-ssh-ed25519@openssh[.]com', 'AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAI[A-Za-z0-9+/]{43,}={0,2}'],
  [
    'sk-ecdsa-sha2-nistp256@openssh[.]com',
    'AAAAInNrLWVjZHNhLXNoYTItbmlzdHAyNTZAb3BlbnNzaC5jb20AAAAI[A-Za-z0-9+/]{90,}={0,2}',
  ],
]

const pattern = `^(${blobs.map(([type, blob]) => `${type} ${blob}`).join('|')})( [^\\x00-\\x1f\\x7f]*)?$`

/** What a KeyPair asks for. */
export const keyPairSpec = z
  .object({
    publicKey: z
      .string()
      .max(4096)
      .meta(
        rules(
          {
            rule: "!self.contains('PRIVATE KEY')",
            message:
              'publicKey holds a private key, which must not leave the machine that it was made on: give the one line of the .pub file beside it. Whoever reads the audit log of the cluster may have it now; make a new pair',
          },
          {
            rule: `self.contains('PRIVATE KEY') || self.matches(r'${pattern}')`,
            message:
              "publicKey is not a whole OpenSSH public key: paste the one line of a .pub file without a line break, such as 'ssh-ed25519 AAAAC3NzaC1lZDI1... you@host' (ssh-ed25519, ssh-rsa, ecdsa-sha2-nistp* and sk-* keys); ssh-keygen -y -f FILE prints that of a private key",
          },
        ),
      )
      .describe(
        'An OpenSSH public key, the one line of a .pub file. A change reaches a VM at its next rebuild: one that runs keeps the key that it was built with.',
      ),
  })
  .describe('What you ask for. The operator never changes it.')

/** What the operator has found out about a KeyPair. */
export const keyPairStatus = z
  .object({
    observedGeneration,
    fingerprint: z
      .string()
      .max(64)
      .optional()
      .describe(
        'As ssh-keygen -l and the log of sshd write it: SHA256:... Absent where the key is damaged in a way that only its inside shows.',
      ),
    type: z.string().max(63).optional().describe('Type of the key, such as ssh-ed25519.'),
    comment: z
      .string()
      .max(4096)
      .optional()
      .describe('What follows the key in its line, most often who has it and where.'),
  })
  .describe('What the operator found out. Written by the operator only.')

/** A public key under a name, for the VMs of a namespace. */
export const keyPair = z
  .object({
    apiVersion: z.literal(apiVersion),
    kind: z.literal('KeyPair'),
    metadata: objectMeta,
    spec: keyPairSpec,
    status: keyPairStatus.optional(),
  })
  .describe(
    'A KeyPair is a public ssh key under a name. An EphemeralInstance of the same namespace names it in spec.keyPairs. The private half stays with you.',
  )

/** A public key under a name, as the API server hands it out. */
export type KeyPair = z.infer<typeof keyPair>

/** What the operator has found out about a KeyPair. */
export type KeyPairStatus = z.infer<typeof keyPairStatus>

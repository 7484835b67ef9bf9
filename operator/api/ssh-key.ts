import { z } from 'zod'
import { rules } from './cel.ts'

const types = [
  'ssh-ed25519',
  'ssh-rsa',
  'ecdsa-sha2-nistp(256|384|521)',
  'sk-ssh-ed25519@openssh[.]com',
  'sk-ecdsa-sha2-nistp256@openssh[.]com',
]

/** RE2 and JavaScript both read it. The key's type, its base64 blob, an optional comment; no control characters. */
export const sshKeyPattern = `^(${types.join('|')}) [A-Za-z0-9+/]{16,}={0,3}( [^\\x00-\\x1f\\x7f]*)?$`

/** One OpenSSH public key as a `.pub` file holds it, in one line without its line break. */
export const sshKey = z
  .string()
  .max(4096)
  .meta(
    rules({
      rule: `self.matches(r'${sshKeyPattern}')`,
      message:
        "not an OpenSSH public key: paste the one line of a .pub file without a line break, such as 'ssh-ed25519 AAAAC3NzaC1lZDI1 you@host' (ssh-ed25519, ssh-rsa, ecdsa-sha2-nistp* and sk-* keys; never the private key)",
    }),
  )

/** The keys that may log in as the image's default user. */
export const sshAuthorizedKeys = z
  .array(sshKey)
  .max(64)
  .default([])
  .meta({ 'x-kubernetes-list-type': 'atomic' })
  .describe(
    "OpenSSH public keys that may log in as the image's default user, each the one line of a .pub file; up to 64. The guest reads them when it boots for the first time: a change takes effect at the next rebuild.",
  )

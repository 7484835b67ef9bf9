import { createHash } from 'node:crypto'

/** What an OpenSSH public key says of itself. */
export type PublicKey = Readonly<{
  /** Such as ssh-ed25519. */
  type: string
  /** As `ssh-keygen -l` and sshd's log write it: `SHA256:` and base64 without padding. */
  fingerprint: string
  /** What follows the key in its line; undefined where nothing does. */
  comment?: string
}>

/** How many fields a key of each type has, its type's name counted. */
const fieldsOf: Readonly<Record<string, number>> = {
  'ssh-ed25519': 2,
  'ssh-rsa': 3,
  'ecdsa-sha2-nistp256': 3,
  'ecdsa-sha2-nistp384': 3,
  'ecdsa-sha2-nistp521': 3,
  'sk-ssh-ed25519@openssh.com': 3,
  'sk-ecdsa-sha2-nistp256@openssh.com': 4,
}

/** Reads the one line of a .pub file. Undefined: no key of a known type, one that was cut short, or more than a key. */
export function readPublicKey(line: string): PublicKey | undefined {
  const [type = '', base64 = '', ...words] = line.trim().split(' ')
  const blob = Buffer.from(base64, 'base64')
  const fields = fieldsIn(blob)
  if (fields === undefined || fields.length !== fieldsOf[type] || fields[0]?.toString() !== type)
    return undefined
  const fingerprint = `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`
  const comment = words.join(' ').trim()
  return { type, fingerprint, ...(comment === '' ? {} : { comment }) }
}

/** A key is a row of fields, each after its length in four bytes. Undefined where the last one does not end with the key. */
function fieldsIn(blob: Buffer): Buffer[] | undefined {
  const fields: Buffer[] = []
  let at = 0
  while (at < blob.length) {
    if (at + 4 > blob.length) return undefined
    const end = at + 4 + blob.readUInt32BE(at)
    if (end > blob.length) return undefined
    fields.push(blob.subarray(at + 4, end))
    at = end
  }
  return fields
}

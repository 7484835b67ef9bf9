/** A key as ssh-keygen made it, and what `ssh-keygen -l` says of it. */
export const ada = {
  line: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP9nQUKQ9yS3H2O2F2KlDkQdXG1bfVVHlXFNPH2py5uq ada@lab',
  fingerprint: 'SHA256:srSeKtM6H8fT21I3tbk3nlS07P2BI19CGtu9Nw+uTgA',
} as const

/** Sizes in bytes of the fields of a key of each type, after the type's name; a word stands for itself. */
const shapes: Readonly<Record<string, readonly (string | number)[]>> = {
  'ssh-ed25519': [32],
  'ssh-rsa': [3, 257],
  'ecdsa-sha2-nistp256': ['nistp256', 65],
  'ecdsa-sha2-nistp384': ['nistp384', 97],
  'ecdsa-sha2-nistp521': ['nistp521', 133],
  'sk-ssh-ed25519@openssh.com': [32, 'ssh:'],
  'sk-ecdsa-sha2-nistp256@openssh.com': ['nistp256', 65, 'ssh:'],
}

/** Every type of key that is known. */
export const keyTypes = Object.keys(shapes)

/** A key that is built as one of its type; `fill` tells two of them apart. Nobody has its private half. */
export function publicKey(type: string, fill = 1): string {
  const fields = [type, ...(shapes[type] ?? [])].map((shape) => {
    const bytes = typeof shape === 'string' ? Buffer.from(shape) : Buffer.alloc(shape, fill)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    return Buffer.concat([length, bytes])
  })
  return `${type} ${Buffer.concat(fields).toString('base64')}`
}

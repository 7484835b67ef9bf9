import { createHmac } from 'node:crypto'

/** The identity that both ends of the control port use; the key alone tells instances apart. */
export const controlIdentity = 'ephemera'

/**
 * The pre-shared key of one instance's control port, as 64 hexadecimal digits: HMAC-SHA256 of the instance's UID under the
 * operator's master key. Derived, so that the operator never has to read a Secret of an instance, and a key learnt
 * in one pod opens no other.
 */
export function controlKey(masterKey: Uint8Array, uid: string): string {
  return createHmac('sha256', masterKey).update(`control-port/${uid}`).digest('hex')
}

/** The line that the pod's TLS endpoint reads its key from (stunnel's PSKsecrets format). */
export function controlSecretLine(masterKey: Uint8Array, uid: string): string {
  return `${controlIdentity}:${controlKey(masterKey, uid)}\n`
}

/**
 * The line that QEMU and qemu-img read the key of an NBD server from, that serves a disk of the object with this UID. Another key
 * than the control port's: whoever may read a disk may not give orders.
 */
export function nbdSecretLine(masterKey: Uint8Array, uid: string): string {
  const key = createHmac('sha256', masterKey).update(`nbd-port/${uid}`).digest('hex')
  return `${controlIdentity}:${key}\n`
}

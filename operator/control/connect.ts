import { once } from 'node:events'
import { type TLSSocket, connect as tlsConnect } from 'node:tls'
import { controlIdentity } from './key.ts'

/** The TCP port of the pod's control endpoint; never forwarded to the guest. */
export const controlPort = 10777

/** What can be reached behind the control port, chosen by the TLS server name. */
export type ControlService = 'qmp' | 'console' | 'vnc' | 'agent' | 'state' | 'switch' | 'hold' | 'order'

export type ControlTarget = Readonly<{
  /** The pod's address. */
  host: string
  port?: number
  /** The instance's key, hexadecimal. */
  key: string
}>

/** The control port did not answer as it should: unreachable, wrong key, closed early, or too slow. */
export class ControlError extends Error {
  override readonly name = 'ControlError'
}

/**
 * Opens a TLS 1.3 connection with the instance's pre-shared key to one service of its pod.
 * Throws ControlError if the pod cannot be reached, does not hold the same key, or `signal` fires first.
 */
export async function connectControl(
  target: ControlTarget,
  service: ControlService,
  signal: AbortSignal,
): Promise<TLSSocket> {
  signal.throwIfAborted()
  const socket = tlsConnect({
    host: target.host,
    port: target.port ?? controlPort,
    servername: service,
    minVersion: 'TLSv1.3',
    pskCallback: () => ({ identity: controlIdentity, psk: Buffer.from(target.key, 'hex') }),
    // The key proves who answers: there is no certificate to look at.
    checkServerIdentity: () => undefined,
  })
  const abort = () =>
    socket.destroy(new ControlError(`the control port's ${service} service did not answer in time`))
  signal.addEventListener('abort', abort, { once: true })
  try {
    await once(socket, 'secureConnect')
    return socket
  } catch (error) {
    socket.destroy()
    if (error instanceof ControlError) throw error
    throw new ControlError(`the control port's ${service} service cannot be reached`, { cause: error })
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

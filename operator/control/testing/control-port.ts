import type { AddressInfo } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'
import { controlKey } from '../key.ts'

/** The key of the port. */
export const key = controlKey(Buffer.from('master'), 'uid-1')

/** A pod's control port on loopback: real TLS with a pre-shared key, `serve` answers one connection. */
export async function controlPortOf(serve: (socket: TLSSocket & { servername?: string }) => void) {
  const server = createServer({
    minVersion: 'TLSv1.3',
    pskCallback: (_socket, identity) => (identity === 'ephemera' ? Buffer.from(key, 'hex') : null),
    ciphers: 'PSK+HIGH:TLS_AES_128_GCM_SHA256',
  })
  server.on('secureConnection', serve)
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    target: { host: '127.0.0.1', port: (server.address() as AddressInfo).port, key },
    stop: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}

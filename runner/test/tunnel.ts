/**
 * NBD's TLS, as the runner speaks it, by another program than its own: tunnel.ts client SOCKET HOST PORT KEYS connects what comes to the
 * socket with that port; tunnel.ts server SOCKET HOST PORT KEYS, what comes to the port with the socket. KEYS: a file with IDENTITY:HEXKEY.
 */
import { readFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import tls from 'node:tls'

const [side, socket = '', host = '', port = '', keys = ''] = process.argv.slice(2)
const [identity = '', hex = ''] = readFileSync(keys, 'utf8').trim().split(':')
const psk = Buffer.from(hex, 'hex')
const suite = {
  ciphers: 'ECDHE-PSK-CHACHA20-POLY1305',
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
} as const

function join(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.pipe(to)
    from.on('error', () => to.destroy())
    from.on('close', () => to.destroy())
  }
}

if (side === 'server') {
  const options = { ...suite, pskCallback: (_: unknown, name: string) => (name === identity ? psk : null) }
  const server = tls.createServer(options, (peer) => join(peer, connect(socket)))
  server.on('tlsClientError', () => {})
  server.listen(Number(port), host)
} else {
  const pskCallback = () => ({ identity, psk })
  createServer((peer) =>
    join(
      peer,
      tls.connect({ ...suite, host, port: Number(port), pskCallback, checkServerIdentity: () => undefined }),
    ),
  ).listen(socket)
}

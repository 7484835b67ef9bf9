import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Lab, peerAddress } from './lab.ts'
import { waitFor } from './wait-for.ts'

/** A disk that is offered to a lab's workers, as QEMU in another pod would offer it. */
export type Offered = Readonly<{
  server: ChildProcess
  /** Where a worker finds it. */
  env: Readonly<{ WORKER_NBD: string }>
  stop: () => Promise<void>
}>

/** Offers a file as these words of qemu-nbd say, to whoever has the keys in this folder; resolves once it can be connected to. There is one at a time. */
export async function offered(lab: Lab, keys: string, file: string, ...words: string[]): Promise<Offered> {
  const socket = join(lab.fresh(), 'nbd')
  const server = lab.spawn('peer', 'qemu-nbd', ...words, '-t', '-e', '4', '-k', socket, '-x', 'snap', file)
  const there = [socket, peerAddress, '10999', join(keys, 'keys.psk')]
  const script = join(import.meta.dirname, 'tunnel.ts')
  const tunnel = lab.spawn('peer', process.execPath, script, 'server', ...there)
  await waitFor(
    async () =>
      existsSync(socket) && (await lab.inPeer('bash', '-c', `: </dev/tcp/${peerAddress}/10999`)).code === 0
        ? true
        : undefined,
    10,
    () => 'qemu-nbd does not listen',
  )
  return {
    server,
    env: { WORKER_NBD: `${peerAddress}:10999/snap` },
    stop: async () => {
      for (const program of [server, tunnel]) {
        const gone = new Promise((resolve) => program.once('close', resolve))
        program.kill('SIGKILL')
        await gone
      }
    },
  }
}

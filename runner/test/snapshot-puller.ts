import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { blockNames } from '../../operator/snapshot/disk/names.ts'
import { startLab, type Worker } from './lab.ts'
import type { Pod } from './pod.ts'
import { waitFor } from './wait-for.ts'

/** Workers that pull what a pod exports, from among its peers, each byte by a gate. */
export type Puller = Readonly<{
  /** Starts the worker of this snapshot. */
  start: (uid: string, target?: string) => Worker
  /** From now on so many bytes of a connection come through, and no more. */
  hold: (bytes: number) => Promise<void>
  /** Waits until that is so. */
  held: () => Promise<void>
  /** Lets all through, what was held too. */
  open: () => Promise<void>
  /** The most bytes that came through on a connection which is over. */
  most: () => number
  /** A fresh folder. */
  fresh: () => string
  remove: () => Promise<void>
}>

const nbdPort = '10776'

export async function startPuller(pod: Pod): Promise<Puller> {
  const lab = await startLab()
  const script = join(import.meta.dirname, 'snapshot-gate.ts')
  const words = ['netns', 'exec', pod.peer, process.execPath, script, pod.address, nbdPort]
  const gate = spawn('ip', words, { stdio: ['pipe', 'pipe', 'inherit'] })
  let said: string[] = []
  let most = 0
  createInterface({ input: gate.stdout }).on('line', (line) => {
    said.push(line)
    if (line.startsWith('passed ')) most = Math.max(most, Number(line.slice(7)))
  })
  const hear = async (line: string) => {
    await waitFor(
      () => said.includes(line) || undefined,
      60,
      () => `the gate did not say ${line}, but ${said.slice(-5)}`,
    )
  }
  const order = async (line: string) => {
    said = []
    gate.stdin.write(`${line}\n`)
    await hear(line)
  }
  await hear('listening')
  return {
    start: (uid, target) =>
      lab.start({
        job: 'pull',
        nbd: join(pod.folder, 'nbd'),
        netns: pod.peer,
        // As operator/snapshot/desired.ts has it, but for the patience.
        env: {
          WORKER_NBD: `127.0.0.1:${nbdPort}/${blockNames(uid).export}`,
          WORKER_COMPRESS: 'zstd',
          WORKER_AWAIT_SECONDS: '600',
        },
        ...(target === undefined ? {} : { target }),
      }),
    hold: (bytes) => order(`hold ${bytes}`),
    held: () => hear('held'),
    open: () => order('open'),
    most: () => most,
    fresh: lab.fresh,
    remove: async () => {
      const gone = once(gate, 'close')
      gate.stdin.end()
      await gone
      await lab.remove()
    },
  }
}

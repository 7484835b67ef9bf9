/**
 * A process that seeks the lead, run by a test that tells it over IPC what to do: hold its event loop up while a file is
 * there, say whether it leads, release. usage: leader-process.ts thread|loop URL IDENTITY LEASE_SECONDS STUCK_SECONDS
 */
import { existsSync } from 'node:fs'
import { KubeClient } from '../client.ts'
import { fixedConnection } from '../connection.ts'
import { LeaderElection } from '../lease.ts'
import { LeaseThread } from '../lease-thread.ts'

export type LeaderOrder = Readonly<{ holdUpWhile: string }> | Readonly<{ ask: 'isLeading' | 'release' }>
export type LeaderAnswer =
  | Readonly<{ event: 'leads' | 'held' | 'lost' | 'released' }>
  | Readonly<{ isLeading: boolean }>

/** A lease that is renewed often, of that length: a short one to see it run out, a long one that runs out on no machine, however slow. */
export const leaseOf = (seconds: number) => ({
  namespace: 'lab',
  name: 'operator',
  leaseSeconds: seconds,
  renewDeadlineSeconds: (seconds * 2) / 3,
  retrySeconds: 0.4,
})

const [, , where, url = '', identity = '', seconds, stuck] = process.argv
const lease = leaseOf(Number(seconds))
if (process.send !== undefined && where !== undefined) await run(where, process.send.bind(process))

async function run(where: string, send: NonNullable<typeof process.send>): Promise<void> {
  const say = (answer: LeaderAnswer, then = () => {}) => send(answer, then)
  const connection = fixedConnection(url)
  const entry = new URL('../../lease-worker.ts', import.meta.url)
  const leadership =
    where === 'thread'
      ? new LeaseThread({ ...lease, identity, entry, connection, stuckSeconds: Number(stuck) })
      : new LeaderElection({ ...lease, identity, client: new KubeClient({ connection }) })
  process.on('message', async (order: LeaderOrder) => {
    if ('holdUpWhile' in order) {
      say({ event: 'held' }, () => {
        while (existsSync(order.holdUpWhile));
      })
    } else if (order.ask === 'isLeading') say({ isLeading: leadership.isLeading })
    else {
      await leadership.release()
      say({ event: 'released' })
    }
  })
  void leadership.lost.then(() => say({ event: 'lost' }))
  await leadership.acquire(new AbortController().signal)
  say({ event: 'leads' })
}

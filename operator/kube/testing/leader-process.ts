/**
 * A process that seeks the lead, run by a test that tells it over IPC what to do: hold its event loop up while a file is
 * there, say whether it leads, release. usage: leader-process.ts thread|loop URL IDENTITY
 */
import { existsSync } from 'node:fs'
import { KubeClient } from '../client.ts'
import { fixedConnection } from '../connection.ts'
import { LeaderElection } from '../lease.ts'
import { LeaseThread } from '../lease-thread.ts'

export type LeaderOrder = Readonly<{ holdUpWhile: string }> | Readonly<{ ask: 'isLeading' | 'release' }>
export type LeaderAnswer =
  | Readonly<{ event: 'leads' | 'lost' | 'released' }>
  | Readonly<{ isLeading: boolean }>

/** Of the leases in these tests, which are short ones. */
export const shortLease = {
  namespace: 'lab',
  name: 'operator',
  leaseSeconds: 3,
  renewDeadlineSeconds: 2,
  retrySeconds: 0.4,
}

const [, , where, url = '', identity = ''] = process.argv
if (process.send !== undefined && where !== undefined) await run(where, process.send.bind(process))

async function run(where: string, send: (answer: LeaderAnswer) => void): Promise<void> {
  const connection = fixedConnection(url)
  const entry = new URL('../../lease-worker.ts', import.meta.url)
  const leadership =
    where === 'thread'
      ? new LeaseThread({ ...shortLease, identity, entry, connection, stuckSeconds: 5 })
      : new LeaderElection({ ...shortLease, identity, client: new KubeClient({ connection }) })
  process.on('message', async (order: LeaderOrder) => {
    if ('holdUpWhile' in order) while (existsSync(order.holdUpWhile));
    else if (order.ask === 'isLeading') send({ isLeading: leadership.isLeading })
    else {
      await leadership.release()
      send({ event: 'released' })
    }
  })
  void leadership.lost.then(() => send({ event: 'lost' }))
  await leadership.acquire(new AbortController().signal)
  send({ event: 'leads' })
}

/** The thread that keeps the lease: an entry of its own, in the source tree as in the image, where it lies beside main.js. */
import { parentPort, workerData } from 'node:worker_threads'
import { keepLease } from './kube/lease-keeper.ts'
import type { LeaseThreadData } from './kube/lease-messages.ts'

if (parentPort === null) throw new Error('lease-worker runs as a thread of the operator, not by itself')
await keepLease(workerData as LeaseThreadData, parentPort)

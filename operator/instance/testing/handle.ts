/**
 * Loaded into an operator before its own code (`node --import`), so that a test can do over IPC what no signal does: hold
 * the event loop up while a file is there, and measure the heap after a collection.
 */
import { existsSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

export type HandleOrder = Readonly<{ holdUpWhile: string }> | Readonly<{ ask: 'heap' }>
/** Bytes. */
export type HandleAnswer = Readonly<{ heap: number }>

if (isMainThread && process.send !== undefined) {
  const send = process.send.bind(process)
  process.on('message', (order: HandleOrder) => {
    if ('holdUpWhile' in order) while (existsSync(order.holdUpWhile));
    else {
      // Twice: what finalizers let go of in the first, the second one collects.
      globalThis.gc?.()
      globalThis.gc?.()
      send({ heap: process.memoryUsage().heapUsed } satisfies HandleAnswer)
    }
  })
  process.channel?.unref()
}

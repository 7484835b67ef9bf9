import { setTimeout as sleep } from 'node:timers/promises'

/** How many times longer things may take on a machine that has much else to do. */
const slowness = 3

/** The world did not become what was waited for. The message has what was seen last. */
export class TooLate extends Error {
  override readonly name = 'TooLate'
}

/**
 * Looks until what it sees holds, and gives that. A look that fails counts as one that saw something else: what is waited
 * for may not exist yet. Throws TooLate when it takes several times the `seconds` that it takes at most on an idle machine.
 */
export async function waitFor<T>(
  what: string,
  seconds: number,
  look: () => Promise<T>,
  holds: (seen: T) => boolean = Boolean,
): Promise<T> {
  const patience = seconds * slowness
  const end = performance.now() + patience * 1000
  for (;;) {
    let last: unknown
    try {
      const seen = await look()
      if (holds(seen)) return seen
      last = seen
    } catch (error) {
      last = error instanceof Error ? error.message : error
    }
    if (performance.now() > end)
      throw new TooLate(`waited ${patience} s in vain for: ${what}\n${shown(last)}`)
    await sleep(200)
  }
}

const shown = (seen: unknown): string =>
  `last seen: ${typeof seen === 'string' ? seen : JSON.stringify(seen, null, 2)}`

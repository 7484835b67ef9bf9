import { setTimeout as sleep } from 'node:timers/promises'

/** How many times longer than on an idle machine things may take on one that has much else to do. */
const slowness = 5

/**
 * Polls `look` until it gives something; throws with what `story` tells when it has taken several times the `seconds` that it takes
 * at most on an idle machine.
 */
export async function waitFor<T>(
  look: () => T | undefined | Promise<T | undefined>,
  seconds: number,
  story: () => string,
): Promise<T> {
  const patience = seconds * slowness
  const deadline = Date.now() + patience * 1000
  for (;;) {
    const seen = await look()
    if (seen !== undefined) return seen
    if (Date.now() > deadline) throw new Error(`not within ${patience} s: ${story()}`)
    await sleep(50)
  }
}

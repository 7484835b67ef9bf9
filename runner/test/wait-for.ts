import { setTimeout as sleep } from 'node:timers/promises'

/** Polls `look` until it gives something; after `seconds` throws, with what `story` tells. */
export async function waitFor<T>(
  look: () => T | undefined | Promise<T | undefined>,
  seconds: number,
  story: () => string,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000
  for (;;) {
    const seen = await look()
    if (seen !== undefined) return seen
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${story()}`)
    await sleep(50)
  }
}

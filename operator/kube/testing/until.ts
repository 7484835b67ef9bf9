/** Resolves as soon as the condition holds; rejects after `seconds` of real time, saying what was waited for. */
export async function until(what: string, condition: () => boolean, seconds = 60): Promise<void> {
  const end = performance.now() + seconds * 1000
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited ${seconds} s in vain for: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

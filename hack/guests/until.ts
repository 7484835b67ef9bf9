/** How many times longer things may take on a machine that has much else to do. */
const slowness = 3

/**
 * Asks again and again until the answer is there, and fails with `what` when it takes several times the `seconds` that it takes at
 * most on an idle machine: emulated guests share the machine with whatever else it does.
 */
export async function until<Answer>(
  what: string,
  seconds: number,
  ask: () => Answer | undefined | false | Promise<Answer | undefined | false>,
): Promise<Answer> {
  const patience = seconds * slowness
  const deadline = Date.now() + patience * 1000
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (Date.now() > deadline) throw new Error(`${what}: not within ${patience} s`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

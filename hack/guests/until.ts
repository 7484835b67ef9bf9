/**
 * Asks again and again until the answer is there, and fails with `what` after `seconds`.
 * Limits are generous: emulated guests share the machine with whatever else it does.
 */
export async function until<Answer>(
  what: string,
  seconds: number,
  ask: () => Answer | undefined | false | Promise<Answer | undefined | false>,
): Promise<Answer> {
  const deadline = Date.now() + seconds * 1000
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (Date.now() > deadline) throw new Error(`${what}: not within ${seconds} s`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

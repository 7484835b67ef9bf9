import type { Contender } from './contenders.ts'
import { toQemu, toSsh } from './launch.ts'

/** How long after the apply, in ms. */
export type Times = Readonly<{ qemu: number; ssh: number }>
export type Pair = Readonly<{ operator: Times; byHand: Times }>

/** Launches both, one after the other, `count` times over, so that what disturbs the machine meets both alike. */
export async function runPairs(
  count: number,
  operator: (round: number) => Contender,
  byHand: (round: number) => Contender,
  tell: (round: number, pair: Pair) => void,
): Promise<Pair[]> {
  const pairs: Pair[] = []
  for (let round = 1; round <= count; round++) {
    const pair = { operator: await timesOf(operator(round)), byHand: await timesOf(byHand(round)) }
    pairs.push(pair)
    tell(round, pair)
  }
  return pairs
}

async function timesOf(contender: Contender): Promise<Times> {
  const launched = await contender.launch()
  const ssh = await toSsh(launched)
  const times = { qemu: await toQemu(launched), ssh }
  await contender.remove()
  return times
}

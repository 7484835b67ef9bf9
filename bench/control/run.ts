/**
 * What the control plane costs and how fast it is, against a real API server and etcd whose nodes are played by a process: time
 * from an instance's creation to its pod and to Active, the operator's memory and CPU, its calls, restarts and failovers, at growing numbers
 * of instances. Prints tables and writes bench/results/control.json and the section of docs/performance.md. Run it with
 * `make bench-control`, on a machine that does nothing else.
 *
 *   node bench/control/run.ts [--sizes 100,1000,8000] [--burst N] [--steady SECONDS] [--dry-run]
 *
 * --burst: the most instances in one burst (default: as many as there are otherwise);
 * --steady: how long the largest number of instances is looked at while nothing happens (default 60; a quarter of it at the others);
 * --dry-run: both files are left as they are.
 */
import { parseArgs } from 'node:util'
import { commit, machine } from '../machine.ts'
import { updatePage } from '../page.ts'
import { writeResult } from '../result.ts'
import { columns, markdownRows, markdownTable, table } from '../table.ts'
import { type AtSize, leading, measureAtSize, pace } from './at-size.ts'
import { inWords } from './audit.ts'
import { bareRound } from './bare.ts'
import { aims, growth, loads, metricsAt } from './figures.ts'
import { Ground } from './ground.ts'
import { createRound } from './round.ts'

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '100,1000,8000' },
    burst: { type: 'string', default: 'Infinity' },
    steady: { type: 'string', default: '60' },
    'dry-run': { type: 'boolean', default: false },
  },
})
const sizes = values.sizes.split(',').map(Number)
const largest = Math.max(...sizes)
/** Pods that the bare script makes: enough for percentiles. */
const bareCount = Math.min(1000, largest)
const say = (text: string) => console.log(text)

async function inGround<T>(work: (ground: Ground) => Promise<T>): Promise<T> {
  const ground = await Ground.make()
  try {
    return await work(ground)
  } finally {
    await ground.stop()
  }
}

async function measure(size: number): Promise<AtSize> {
  const steadySeconds = Number(values.steady) / (size === largest ? 1 : 4)
  const burst = { prefix: 'burst', count: Math.min(size, Number(values.burst)), pace: 'burst' } as const
  if (burst.count < largest) {
    // A few more do not matter, and a new API server takes its time.
    return inGround(async (ground) => {
      const { found, operator } = await measureAtSize(ground, { size, steadySeconds, say })
      return { ...found, burst: await createRound(ground, operator, burst) }
    })
  }
  const { found } = await inGround((ground) => measureAtSize(ground, { size, steadySeconds, say }))
  return inGround(async (ground) => ({
    ...found,
    burst: await createRound(ground, await leading(ground), burst),
  }))
}

const where = { date: new Date().toISOString(), commit: commit(), machine: machine() }
say(where.machine)
const bare = await inGround((ground) => bareRound(ground, bareCount, pace))
const all: AtSize[] = []
for (const size of sizes) {
  all.push(await measure(size))
  all.sort((one, other) => one.size - other.size)
  publish()
}

/** Shows what was found so far; a run that is cut off leaves the numbers that it got to. */
function publish(): void {
  const last = all.at(-1)
  if (last === undefined) return
  const metrics = metricsAt(last, bare)
  say(`\n${table(metrics, aims)}\n\n${columns(growth(all))}\n\n${columns(loads(all))}`)
  say(
    `\nwrites: ${inWords(last.made.writes)}; at the end of ${last.ended.count}: ${inWords(last.ended.writes)}`,
  )
  say(`at rest, for ${last.steady.seconds} s: ${inWords(last.steady.tally.leases)}`)
  if (values['dry-run']) return
  const result = { name: 'control', ...where, metrics }
  const page = [markdownTable(metrics, aims), markdownRows(growth(all)), markdownRows(loads(all))].join(
    '\n\n',
  )
  say(`\nwritten: ${writeResult(result)}, ${updatePage(result, page)}`)
}

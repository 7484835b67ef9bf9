/**
 * How long a VM takes to start, and what its pod costs, against the same pod written by hand and QEMU alone. Prints a table and
 * writes bench/results/boot.json and the table in docs/performance.md. Run it with `make bench-boot`, on a machine that does nothing else.
 *
 *   hack/cluster/in node bench/boot/run.ts [--pairs N] [--rounds N] [--dry-run]
 *
 * --pairs: launches of each kind that are timed (default 7); --rounds: of each kind whose memory is measured (default 3);
 * --dry-run: both files are left as they are.
 */
import { parseArgs } from 'node:util'
import { client } from '../../e2e/harness/client.ts'
import { deleteNamespace } from '../../e2e/harness/namespace.ts'
import { makeSshKey } from '../../e2e/harness/ssh.ts'
import { commit, machine } from '../machine.ts'
import { updatePage } from '../page.ts'
import { writeResult } from '../result.ts'
import { type Metrics, markdownTable, table } from '../table.ts'
import { bare, byOperator, copyOf, written } from './contenders.ts'
import { aims, bootMetrics, diskMetrics, memoryMetrics } from './figures.ts'
import { type Disk, footprint, secondVmDisk } from './footprint.ts'
import { clearGround, guest, instanceIn, makeGround } from './ground.ts'
import { toSsh } from './launch.ts'
import { type Pair, runPairs } from './pairs.ts'
import { OutOfSight, processesOf } from './processes.ts'
import { processTable } from './report.ts'

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '7' },
    rounds: { type: 'string', default: '3' },
    'dry-run': { type: 'boolean', default: false },
  },
})
const namespace = 'bench-boot'
const say = (text: string) => console.log(text)

async function measure(): Promise<Metrics> {
  const make = instanceIn(namespace, makeSshKey())
  const instance = (name: string) => make(name, guest)
  say('warming up')
  const first = byOperator(instance('warm-up'))
  const warm = await first.launch()
  await toSsh(warm)
  const copies = { written: await copyOf(warm, 'by-hand'), bare: await copyOf(warm, 'bare') }
  const seen = canBeSeen(warm.uid)
  await first.remove()
  const second = written(copies.written)
  await toSsh(await second.launch())
  await second.remove()

  say('\nms from the apply to QEMU and to ssh: through the operator, by hand')
  const pairs = await runPairs(
    Number(values.pairs),
    (round) => byOperator(instance(`pair-${round}`)),
    () => written(copies.written),
    (round, pair) => say(pairLine(round, pair)),
  )
  if (!seen) return bootMetrics(pairs)

  say('\nmemory: each VM is measured when it has come to rest')
  const rounds = Number(values.rounds)
  const found = await footprint(
    rounds,
    guest.memoryBytes,
    (round) => byOperator(instance(`memory-${round}`)),
    () => bare(copies.bare),
  )
  say(`${processTable(found.pod)}\n\ndisk`)
  const disks: Disk[] = []
  for (let round = 1; round <= rounds; round++)
    disks.push(await secondVmDisk(byOperator(instance(`one-${round}`)), byOperator(instance(`two-${round}`))))
  return { ...bootMetrics(pairs), ...memoryMetrics(found), ...diskMetrics(disks) }
}

function pairLine(round: number, { operator, byHand }: Pair): string {
  return `${String(round).padStart(3)}  ${operator.qemu} ${operator.ssh}   ${byHand.qemu} ${byHand.ssh}`
}

function canBeSeen(podUid: string): boolean {
  try {
    processesOf(podUid)
    return true
  } catch (error) {
    if (!(error instanceof OutOfSight)) throw error
    say(`no figures of memory and disk: ${error.message}`)
    return false
  }
}

const where = { date: new Date().toISOString(), commit: commit(), machine: machine() }
say(where.machine)
try {
  await makeGround(namespace)
  await clearGround(namespace)
  const metrics = await measure()
  say(`\n${table(metrics, aims)}`)
  if (!values['dry-run']) {
    const result = { name: 'boot', ...where, metrics }
    say(`\nwritten: ${writeResult(result)}, ${updatePage(result, markdownTable(metrics, aims))}`)
  }
} finally {
  await deleteNamespace(namespace)
  await client.close()
}

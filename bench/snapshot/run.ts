/**
 * What a snapshot costs the guest, how long it takes, how its child boots, and what an import costs. Prints a table and writes bench/results/snapshot.json
 * and the table in docs/performance.md. Run it with `make bench-snapshot`, on a machine that does nothing else.
 *
 *   hack/cluster/in node bench/snapshot/run.ts [--rounds N] [--pauses N] [--data MIB] [--dry-run]
 *
 * --rounds: of each kind (default 3), but of snapshots --pauses (default 9), as pauses differ most; --data: MiB that the guest has written before, half of it noise (default 512);
 * --dry-run: both files are left as they are.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { client } from '../../e2e/harness/client.ts'
import { diskOf } from '../../e2e/harness/guests.ts'
import { kubectl } from '../../e2e/harness/kubectl.ts'
import { deleteNamespace } from '../../e2e/harness/namespace.ts'
import { makeSshKey, ssh } from '../../e2e/harness/ssh.ts'
import type { Workbench } from '../../e2e/harness/workbench.ts'
import { byOperator } from '../boot/contenders.ts'
import { clearGround, type Guest, instanceIn, makeGround } from '../boot/ground.ts'
import { toSsh } from '../boot/launch.ts'
import { importAims, measureImport } from '../import/measure.ts'
import { commit, machine } from '../machine.ts'
import { updatePage } from '../page.ts'
import { writeResult } from '../result.ts'
import { markdownTable, table } from '../table.ts'
import { convertByHand } from './by-hand.ts'
import { type Measured, aims as snapshotAims, snapshotMetrics } from './figures.ts'
import { drop, take } from './take.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    pauses: { type: 'string', default: '9' },
    data: { type: 'string', default: '512' },
    'dry-run': { type: 'boolean', default: false },
  },
})
const namespace = 'bench-snapshot'
const roundsOf = (count: string) => Array.from({ length: Number(count) }, (_, at) => at + 1)
const rounds = roundsOf(values.rounds)
const guest: Guest = { cpus: 1, memoryBytes: 256 * 1024 ** 2, diskBytes: 2 * 1024 ** 3 }
const key = makeSshKey()
const make = instanceIn(namespace, key)
const say = (text: string) => console.log(text)

/** Seconds of a window: the moment and the first part of the copy fall into it. */
const windowSeconds = 10

/** Where the guest gets the program that watches from. */
async function serveTick(workbench: Workbench): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-snapshot-'))
  const file = join(folder, 'tick')
  execFileSync('gcc', ['-O2', '-static', '-Wall', '-Werror', '-o', file, join(import.meta.dirname, 'tick.c')])
  await workbench.put(file, '/claims/tick')
  rmSync(folder, { recursive: true })
  const path = '{.status.podIP}'
  return `http://${await kubectl(['get', 'pod', '-n', namespace, 'workbench', '-o', `jsonpath=${path}`])}:8080/tick`
}

async function measure(workbench: Workbench): Promise<Measured> {
  const url = await serveTick(workbench)
  const source = byOperator(make('source', guest))
  const launched = await source.launch()
  await toSsh(launched)
  const address = launched.pod.status?.podIP ?? ''
  const sh = async (command: string) => {
    const { code, stdout, stderr } = await ssh(key, address, command)
    if (code !== 0) throw new Error(`${command}: ${stderr}`)
    return stdout.trim()
  }
  await sh(`wget -q -O /tick ${url} && chmod +x /tick`)
  await clearGround(namespace)
  const half = Math.round(Number(values.data) / 2)
  say(`writing ${2 * half} MiB`)
  await sh(`dd if=/dev/urandom of=/noise bs=1M count=${half} 2>/dev/null && sync`)
  await sh(
    `yes 'a line of text that is like all the others' | dd of=/text bs=1M count=${half} iflag=fullblock 2>/dev/null && sync`,
  )
  await sh('/tick write 5 /written')

  const gaps: { rest: number; snapshot: number }[] = []
  const writes: { before: number; meanwhile: number }[] = []
  const [plain, quiesced, durations, totals]: [number[], number[], number[], number[]] = [[], [], [], []]
  const number = (text: string) => Number(text.split(' ')[0])
  for (const round of roundsOf(values.pauses)) {
    const rest = number(await sh(`/tick rest ${windowSeconds}`))
    const watching = sh(`/tick rest ${windowSeconds}`)
    const began = performance.now()
    const taken = await take(namespace, `rest-${round}`, 'source', 'Never')
    totals.push(performance.now() - began)
    gaps.push({ rest, snapshot: number(await watching) })
    plain.push(taken.guestPauseMs ?? 0)
    durations.push(taken.durationMs ?? 0)
    say(
      `${round}  gap ${rest} ${gaps.at(-1)?.snapshot} ms  took ${taken.durationMs} ms of ${totals.at(-1)?.toFixed()} ms`,
    )
    if (round > 1) await drop(namespace, `rest-${round}`)
  }
  for (const round of roundsOf(values.pauses)) {
    const before = number(await sh(`/tick write ${windowSeconds} /written`))
    const writing = sh(`/tick write ${windowSeconds} /written`)
    const busy = await take(namespace, `busy-${round}`, 'source', 'Required')
    writes.push({ before, meanwhile: number(await writing) })
    quiesced.push(busy.guestPauseMs ?? 0)
    say(
      `${round}  writes ${before} ${writes.at(-1)?.meanwhile} MiB/s  frozen ${busy.guestPauseMs} ms  took ${busy.durationMs} ms`,
    )
    await drop(namespace, `busy-${round}`)
  }
  const { claim = '' } = await take(namespace, 'rest-1', 'source', 'Never')
  await source.remove()
  say('by hand, and the children')
  const byHand = await convertByHand(namespace, claim, durations.length)
  const boots: { child: number; original: number }[] = []
  for (const round of rounds) {
    const child = make(`child-${round}`, guest)
    const spec = { ...child.spec, boot: { snapshot: 'rest-1' } } as typeof child.spec
    boots.push({
      child: await timeOf(byOperator({ ...child, spec } as typeof child)),
      original: await timeOf(byOperator(make(`original-${round}`, guest))),
    })
  }
  return {
    ...{ gaps, writes, plain, quiesced, totals, boots, durations, byHand },
  }
}

async function timeOf(contender: ReturnType<typeof byOperator>): Promise<number> {
  const time = await toSsh(await contender.launch())
  await contender.remove()
  return time
}

const where = { date: new Date().toISOString(), commit: commit(), machine: machine() }
say(where.machine)
try {
  const ofSnapshots = snapshotMetrics(await measure(await makeGround(namespace)))
  say('imports')
  const metrics = { ...ofSnapshots, ...(await measureImport(diskOf('debian'), rounds.length, say)) }
  const aims = { ...snapshotAims, ...importAims }
  say(`\n${table(metrics, aims)}`)
  if (!values['dry-run']) {
    const result = { name: 'snapshot', ...where, metrics }
    say(`\nwritten: ${writeResult(result)}, ${updatePage(result, markdownTable(metrics, aims))}`)
  }
} finally {
  await deleteNamespace(namespace)
  await client.close()
}

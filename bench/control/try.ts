import { inWords, tally } from './audit.ts'
import { bareRound } from './bare.ts'
import { endOf } from './ending.ts'
import { Ground } from './ground.ts'
import { percentile } from './percentile.ts'
import { steady, untilQuiet } from './quiet.ts'
import { createRound } from './round.ts'
import { failover, restart, started } from './takeover.ts'

const n = Number(process.argv[2] ?? 100)
const flags = process.argv.slice(3)
const ground = await Ground.make()
const p = (name: string, list: readonly number[]) =>
  console.log(name, [0.5, 0.95, 1].map((s) => percentile(list, s).toFixed(3)).join(' '))
try {
  if (!flags.includes('nobare')) p('bare', await bareRound(ground, Math.min(n, 500), 50))
  ground.calls()
  let operator = await started(
    ground,
    flags.filter((f) => f.startsWith('--')),
  )
  const round = await createRound(ground, operator, {
    prefix: 'vm',
    count: n,
    pace: flags.includes('burst') ? 'burst' : 50,
  })
  p('pod', round.toPod)
  p('active', round.toActive)
  console.log({ ...round, toPod: 0, toActive: 0 })
  const t = tally(await untilQuiet(ground))
  console.log('writes', t.writes.length / n, inWords(t.writes))
  console.log('reads', inWords(t.reads))
  console.log('events', inWords(t.events))
  const s = await steady(ground, operator, 10)
  console.log(
    'steady',
    s.cores,
    s.mib,
    inWords(s.tally.writes),
    inWords(s.tally.reads),
    s.tally.leases.length,
    inWords(s.tally.events),
  )
  const e = await endOf(
    ground,
    Array.from({ length: Math.min(n / 4, 200) }, (_, i) => `vm-${i}`),
  )
  console.log('end', inWords(e.writes), e.leftovers)
  if (flags.includes('over')) {
    const r = await restart(ground, operator)
    console.log('restart', r.seconds)
    const f = await failover(ground, r.operator, 'SIGKILL')
    console.log('crash', f.seconds)
    const c = await failover(ground, f.operator, 'SIGTERM')
    console.log('clean', c.seconds)
    operator = c.operator
  }
  operator.kill('SIGTERM')
  console.log('exit', await operator.exited)
} finally {
  await ground.stop()
}

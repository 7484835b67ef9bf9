/**
 * What the size of the emulator's code buffer costs in memory and saves in CPU time: bare QEMU with the tiny guest, until it
 * answers and has come to rest. Prints a table; the choice is in operator/qemu/argv.ts.
 *
 *   hack/cluster/in node bench/code-buffer/run.ts [--sizes MIB,...] [--rounds N]
 *
 * Needs root on the machine that the nodes run on.
 */
import { parseArgs } from 'node:util'
import { client } from '../../e2e/harness/client.ts'
import { deleteNamespace } from '../../e2e/harness/namespace.ts'
import { makeSshKey } from '../../e2e/harness/ssh.ts'
import { bare, byOperator, type Contender, copyOf } from '../boot/contenders.ts'
import { clearGround, guest, instanceIn, makeGround } from '../boot/ground.ts'
import { toSsh } from '../boot/launch.ts'
import { settledMemory } from '../boot/memory.ts'
import { processesOf, qemuOf, read } from '../boot/processes.ts'
import { median } from '../median.ts'

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '16,32,64,256' },
    rounds: { type: 'string', default: '3' },
  },
})
const namespace = 'bench-code-buffer'

type Cost = Readonly<{ cpuSeconds: number; mebibytes: number }>

async function costOf(contender: Contender): Promise<Cost> {
  const launched = await contender.launch()
  await toSsh(launched)
  const cpuSeconds = cpuSecondsOf(qemuOf(processesOf(launched.uid)).pid)
  const { qemuPss, guest: resident } = await settledMemory(launched.uid, guest.memoryBytes)
  await contender.remove()
  return { cpuSeconds, mebibytes: qemuPss - resident }
}

/** User and system time of a process, from fields 14 and 15 of /proc/PID/stat, in hundredths of a second. */
function cpuSecondsOf(pid: number): number {
  const fields = read(`/proc/${pid}/stat`)
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

try {
  await makeGround(namespace)
  await clearGround(namespace)
  const first = byOperator(instanceIn(namespace, makeSshKey())('warm-up', guest))
  const warm = await first.launch()
  await toSsh(warm)
  const copy = await copyOf(warm, 'bare')
  await first.remove()
  const sizes = values.sizes.split(',')
  const costs = new Map<string, Cost[]>(sizes.map((size) => [size, []]))
  for (let round = 0; round < Number(values.rounds); round++)
    for (const size of sizes) {
      const cost = await costOf(bare(copy, `-accel tcg,tb-size=${size}`))
      costs.get(size)?.push(cost)
    }
  console.log('tb-size  CPU seconds to ssh  MiB of QEMU beyond the guest')
  for (const [size, found] of costs) {
    const cpu = median(found.map(({ cpuSeconds }) => cpuSeconds)).toFixed(1)
    const memory = median(found.map(({ mebibytes }) => mebibytes)).toFixed(1)
    console.log(`${size.padStart(7)}  ${cpu.padStart(18)}  ${memory.padStart(28)}`)
  }
} finally {
  await deleteNamespace(namespace)
  await client.close()
}

import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts a process's time in hundredths of a second, on every architecture that Node runs on. */
const ticksPerSecond = 100

/** Fields of /proc/PID/stat from the third on: the second one, the name, may hold anything. */
function statOf(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

/** Seconds of CPU time that a process has used. */
export function cpuSeconds(pid: number): number {
  const stat = statOf(pid)
  return (Number(stat[11]) + Number(stat[12])) / ticksPerSecond
}

/** Resident memory in MiB: now, and the most there ever was. */
export function memoryMib(pid: number): Readonly<{ now: number; peak: number }> {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const of = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) / 1024
  return { now: of('VmRSS'), peak: of('VmHWM') }
}

/** The processes that descend from this one, by the name of their program; of several of a name the last. */
export function descendants(root: number): ReadonlyMap<string, number> {
  const parents = new Map<number, number>()
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    try {
      parents.set(Number(entry), Number(statOf(Number(entry))[1]))
    } catch {
      // It ended since.
    }
  }
  const isOurs = (pid: number): boolean => {
    const parent = parents.get(pid)
    return parent !== undefined && (parent === root || isOurs(parent))
  }
  const ours = [...parents.keys()].filter(isOurs)
  return new Map(ours.map((pid) => [nameOf(pid), pid]))
}

function nameOf(pid: number): string {
  try {
    const [program = ''] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    return program.split('/').at(-1) ?? ''
  } catch {
    return ''
  }
}

/** CPUs that each of these processes used from here until `stop` is called. */
export function usageOf<Name extends string>(pids: Readonly<Record<Name, number>>) {
  const names = Object.keys(pids) as Name[]
  const started = performance.now()
  const before = names.map((name) => cpuSeconds(pids[name]))
  return {
    stop: (): Readonly<Record<Name, number>> => {
      const seconds = (performance.now() - started) / 1000
      const used = names.map((name, at) => [name, (cpuSeconds(pids[name]) - (before[at] ?? 0)) / seconds])
      return Object.fromEntries(used)
    },
  }
}

import { execFileSync } from 'node:child_process'
import { cpus, loadavg, release, totalmem } from 'node:os'

/** The machine that figures come from, in words. The load is that of the minute before. */
export function machine(): string {
  const processors = cpus()
  const model = processors[0]?.model ?? 'unknown processor'
  const gibibytes = Math.round(totalmem() / 1024 ** 3)
  const load = (loadavg()[0] ?? 0).toFixed(1)
  return `${processors.length} x ${model}, ${gibibytes} GiB, Linux ${release()}, load ${load} before`
}

/** The commit of the tree that is measured; `-dirty` when files differ from it. */
export function commit(): string {
  return execFileSync('git', ['describe', '--always', '--dirty', '--abbrev=12', '--exclude=*'], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  }).trim()
}

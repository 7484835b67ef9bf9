import { median } from '../median.ts'
import { columns } from '../table.ts'
import type { Memory } from './memory.ts'

/** What the pod's processes have of their own, in MiB, largest first. */
export function processTable(memories: readonly Memory[]): string {
  const names = [...new Set(memories.flatMap(({ byName }) => Object.keys(byName)))]
  const sizes = names.map((name) => ({ name, mib: median(memories.map(({ byName }) => byName[name] ?? 0)) }))
  return columns(sizes.sort((a, b) => b.mib - a.mib).map(({ name, mib }) => [name, `${mib.toFixed(1)} MiB`]))
}

import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { waitFor } from './wait-for.ts'

const v1 = '/sys/fs/cgroup/memory'

/** A control group whose processes get at most so many bytes of memory, page cache included, and are killed beyond. Needs root. */
export type MemoryGroup = Readonly<{
  folder: string
  /** How often the kernel killed one of its processes. */
  kills: () => number
  remove: () => Promise<void>
}>

/** Works with both versions of control groups. */
export function memoryGroup(name: string, bytes: number): MemoryGroup {
  const old = existsSync(v1)
  const folder = join(old ? v1 : '/sys/fs/cgroup', name)
  mkdirSync(folder)
  writeFileSync(join(folder, old ? 'memory.limit_in_bytes' : 'memory.max'), String(bytes))
  const events = join(folder, old ? 'memory.oom_control' : 'memory.events')
  return {
    folder,
    kills: () => Number(/^oom_kill (\d+)$/m.exec(readFileSync(events, 'utf8'))?.[1]),
    // A process that has closed its files is in the group for a moment more.
    remove: () =>
      waitFor(
        () => isRemoved(folder) || undefined,
        10,
        () => `${folder} is busy`,
      ).then(() => undefined),
  }
}

function isRemoved(folder: string): boolean {
  try {
    rmdirSync(folder)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EBUSY') return false
    throw error
  }
}

import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const v1 = '/sys/fs/cgroup/memory'

/** A control group whose processes get at most so many bytes of memory, page cache included, and are killed beyond. Needs root. */
export type MemoryGroup = Readonly<{
  folder: string
  /** How often the kernel killed one of its processes. */
  kills: () => number
  remove: () => void
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
    remove: () => rmdirSync(folder),
  }
}

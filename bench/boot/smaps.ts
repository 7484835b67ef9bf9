/** What a process has in memory, in KiB, from its /proc/PID/smaps. */
export type Resident = Readonly<{
  /** Memory of its own: not of a file. Pages that it shares with other processes since a fork count by how many share them. */
  own: number
  /** Pages of files, by the file and the place in it. */
  files: ReadonlyMap<string, number>
}>

/** Reads the text of a /proc/PID/smaps. */
export function residentOf(smaps: string): Resident {
  const files = new Map<string, number>()
  let own = 0
  for (const mapping of mappingsOf(smaps)) {
    const resident = fieldOf(mapping, 'Rss')
    const anonymous = fieldOf(mapping, 'Anonymous')
    const place = /^\S+ \S+ (\S+) (\S+) (\d+)/.exec(mapping)
    const [, offset = '', device = '', inode = '0'] = place ?? []
    if (inode === '0') {
      own += fieldOf(mapping, 'Pss')
      continue
    }
    // Written pages of a private mapping are the process' own.
    own += anonymous
    const key = `${device} ${inode} ${offset}`
    files.set(key, Math.max(files.get(key) ?? 0, resident - anonymous))
  }
  return { own, files }
}

/**
 * What processes have in memory together, in KiB: the sum of their PSS on a node where nobody else has the same files in memory.
 * PSS itself would depend on how many other VMs happen to run there.
 */
export function togetherKib(processes: readonly Resident[]): number {
  const files = new Map<string, number>()
  for (const process of processes)
    for (const [key, size] of process.files) files.set(key, Math.max(files.get(key) ?? 0, size))
  const own = processes.reduce((sum, process) => sum + process.own, 0)
  return [...files.values()].reduce((sum, size) => sum + size, own)
}

/**
 * How much of the mappings of exactly this size is resident, in KiB, from the text of /proc/PID/smaps. QEMU maps a guest's
 * memory in one piece, and nothing else of it has that size.
 */
export function residentKib(smaps: string, sizeKib: number): number {
  return mappingsOf(smaps)
    .filter((mapping) => fieldOf(mapping, 'Size') === sizeKib)
    .reduce((sum, mapping) => sum + fieldOf(mapping, 'Rss'), 0)
}

function mappingsOf(smaps: string): string[] {
  return smaps.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m).filter((mapping) => mapping !== '')
}

function fieldOf(mapping: string, name: string): number {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(mapping)
  return Number(found?.[1] ?? 0)
}

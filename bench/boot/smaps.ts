/** Proportional set size in KiB, from the text of /proc/PID/smaps_rollup: shared pages count by how many share them. */
export function pssKib(rollup: string): number {
  return fieldOf(rollup, 'Pss') ?? 0
}

/**
 * How much of the mappings of exactly this size is resident, in KiB, from the text of /proc/PID/smaps. QEMU maps a guest's
 * memory in one piece, and nothing else of it has that size.
 */
export function residentKib(smaps: string, sizeKib: number): number {
  const mappings = smaps.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)
  return mappings
    .filter((mapping) => fieldOf(mapping, 'Size') === sizeKib)
    .reduce((sum, mapping) => sum + (fieldOf(mapping, 'Rss') ?? 0), 0)
}

function fieldOf(text: string, name: string): number | undefined {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)
  return found?.[1] === undefined ? undefined : Number(found[1])
}

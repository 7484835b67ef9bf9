/** Where a process' memory is accounted, as /proc/PID/cgroup and the kernel's two generations of control groups have it. */
export type CgroupPath = Readonly<{ version: 1 | 2; path: string }>

/** The memory control group of a process, from the text of its /proc/PID/cgroup. Undefined where there is none. */
export function memoryCgroup(text: string): CgroupPath | undefined {
  const lines = text.split('\n').map((line) => /^\d+:([^:]*):(.*)$/.exec(line))
  const v1 = lines.find((line) => line?.[1]?.split(',').includes('memory'))
  if (v1?.[2] !== undefined) return { version: 1, path: v1[2] }
  const v2 = lines.find((line) => line?.[1] === '')
  return v2?.[2] === undefined ? undefined : { version: 2, path: v2[2] }
}

/** Whether a control group is that of a pod's container. Kubelets write a UID with `-`, or with `_` when systemd names it. */
export function belongsToPod(cgroup: CgroupPath, podUid: string): boolean {
  return cgroup.path.includes(`pod${podUid}`) || cgroup.path.includes(`pod${podUid.replaceAll('-', '_')}`)
}

/** The folder of a control group on the usual mount points. */
export function cgroupFolder({ version, path }: CgroupPath): string {
  return version === 1 ? `/sys/fs/cgroup/memory${path}` : `/sys/fs/cgroup${path}`
}

/** The files that hold what a control group uses, at most used, and how it is made up. */
export const memoryFiles = {
  1: { usage: 'memory.usage_in_bytes', stat: 'memory.stat' },
  2: { usage: 'memory.current', stat: 'memory.stat' },
} as const

/**
 * The working set in bytes, as the kubelet counts it: what is used, but for file pages that were not used lately and
 * would go first.
 */
export function workingSet(usageBytes: number, memoryStat: string): number {
  return Math.max(0, usageBytes - (statOf(memoryStat, 'inactive_file') ?? 0))
}

/**
 * What cannot be taken back from a control group, in bytes: all that is used but file pages, of which shared memory is none.
 * This is what has to stay below the limit.
 */
export function heldBytes(usageBytes: number, memoryStat: string): number {
  const files = ['inactive_file', 'active_file'].map((name) => statOf(memoryStat, name) ?? 0)
  return files.reduce((left, bytes) => left - bytes, usageBytes)
}

/** A figure of memory.stat; those of the whole tree (`total_`) where there are such. */
function statOf(memoryStat: string, name: string): number | undefined {
  const found =
    new RegExp(`^total_${name} (\\d+)$`, 'm').exec(memoryStat) ??
    new RegExp(`^${name} (\\d+)$`, 'm').exec(memoryStat)
  return found?.[1] === undefined ? undefined : Number(found[1])
}

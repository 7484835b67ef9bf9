import { readdirSync, readFileSync } from 'node:fs'
import { belongsToPod, type CgroupPath, memoryCgroup } from './cgroup.ts'

/** A process of a pod, as this machine sees it. */
export type PodProcess = Readonly<{ pid: number; name: string; cgroup: CgroupPath }>

/** The nodes' processes are not to be seen from here, so neither are their figures. */
export class OutOfSight extends Error {
  override readonly name = 'OutOfSight'
}

/**
 * All processes of a pod whose node runs on this machine, as kind's nodes do. Throws OutOfSight when there are none to be
 * seen: the node is elsewhere, or this is not root.
 */
export function processesOf(podUid: string): PodProcess[] {
  const found = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      const cgroup = memoryCgroup(read(`/proc/${entry}/cgroup`))
      if (cgroup === undefined || !belongsToPod(cgroup, podUid)) return []
      return [{ pid: Number(entry), name: read(`/proc/${entry}/comm`).trim(), cgroup }]
    })
  // Not of the first alone: it may have been a short-lived one.
  if (found.some(({ pid }) => read(`/proc/${pid}/smaps_rollup`) !== '')) return found
  throw new OutOfSight(
    "the pod's processes are not to be seen here: memory and disk are measured as root, on the machine that the nodes run on",
  )
}

/** QEMU among the processes of a VM's pod. */
export function qemuOf(processes: readonly PodProcess[]): PodProcess {
  const qemu = processes.find(({ name }) => name.startsWith('qemu-system'))
  if (qemu === undefined) throw new Error('no QEMU runs in the pod')
  return qemu
}

/** The text of a file of /proc; empty when the process has ended meanwhile. */
export function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

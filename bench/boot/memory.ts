import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type CgroupPath, cgroupFolder, heldBytes, memoryFiles, workingSet } from './cgroup.ts'
import { type PodProcess, processesOf, qemuOf, read } from './processes.ts'
import { residentKib, residentOf, togetherKib } from './smaps.ts'

const mebibyte = 1024 ** 2

/** What a VM's pod takes of its node's memory, in MiB. */
export type Memory = Readonly<{
  /** Of the pod's control group, as the kubelet counts it: kernel memory and the pause container are in it. */
  workingSet: number
  /** The same of the container with QEMU alone. */
  container: number
  /** What the kernel could not take back from the pod. */
  held: number
  /** PSS of all processes of the pod, on a node where nobody else runs the same programs. */
  pss: number
  /** The same of QEMU. */
  qemuPss: number
  /** How much of the guest's memory is resident. */
  guest: number
  /** What processes have of their own, without pages of files, by name. */
  byName: Readonly<Record<string, number>>
}>

/** Reads it. Throws OutOfSight where it is not to be seen. */
export function memoryOf(podUid: string, guestBytes: number): Memory {
  const processes = processesOf(podUid)
  const qemu = qemuOf(processes)
  const residents = processes.map(({ pid, name }) => {
    return { name, resident: residentOf(read(`/proc/${pid}/smaps`)) }
  })
  // Guests give memory back while this reads, so what the pod uses is read before and after the guest's, and the lesser taken:
  // otherwise memory that has just gone would pass for the pod's own.
  const before = usage(podGroup(qemu))
  const guest = residentKib(read(`/proc/${qemu.pid}/smaps`), guestBytes / 1024) / 1024
  const after = usage(podGroup(qemu))
  return {
    workingSet: Math.min(before.workingSet, after.workingSet) / mebibyte,
    held: Math.min(before.held, after.held) / mebibyte,
    container: usage(qemu.cgroup).workingSet / mebibyte,
    pss: togetherKib(residents.map(({ resident }) => resident)) / 1024,
    qemuPss: togetherKib([residentOf(read(`/proc/${qemu.pid}/smaps`))]) / 1024,
    guest,
    byName: sums(residents.map(({ name, resident }) => ({ name, mib: resident.own / 1024 }))),
  }
}

/** Memory of a pod that has come to rest: its working set has moved by less than 256 KiB for five seconds. */
export async function settledMemory(podUid: string, guestBytes: number): Promise<Memory> {
  let last = memoryOf(podUid, guestBytes)
  for (let calm = 0, looks = 0; calm < 5 && looks < 60; looks++) {
    await sleep(1000)
    const now = memoryOf(podUid, guestBytes)
    calm = Math.abs(now.workingSet - last.workingSet) < 0.25 ? calm + 1 : 0
    last = now
  }
  return last
}

function sums(parts: ReadonlyArray<{ name: string; mib: number }>): Record<string, number> {
  const names = [...new Set(parts.map(({ name }) => name))]
  const sumOf = (wanted: string) =>
    parts.filter(({ name }) => name === wanted).reduce((sum, { mib }) => sum + mib, 0)
  return Object.fromEntries(names.map((name) => [name, sumOf(name)]))
}

/** The control group above those of a pod's containers. */
function podGroup({ cgroup }: PodProcess): CgroupPath {
  return { ...cgroup, path: dirname(cgroup.path) }
}

function usage(cgroup: CgroupPath): { workingSet: number; held: number } {
  const folder = cgroupFolder(cgroup)
  const files = memoryFiles[cgroup.version]
  const used = Number(read(`${folder}/${files.usage}`))
  const stat = read(`${folder}/${files.stat}`)
  return { workingSet: workingSet(used, stat), held: heldBytes(used, stat) }
}

import type { Lab } from './lab.ts'

export type Process = Readonly<{
  pid: number
  /** At most 15 characters of the program's name. */
  name: string
  /** CPU time that it has used, in ticks of 10 ms. */
  ticks: number
}>

/** The processes of a VM's pod, as the kernel tells of them: its image has no ps worth the name. */
export async function processes(lab: Lab, vm: string): Promise<Process[]> {
  const text = await lab.inPod(vm, 'cat /proc/[0-9]*/stat 2>/dev/null || true')
  return [...text.matchAll(/^(\d+) \((.*)\) (.*)$/gm)].map(([, pid, name = '', rest = '']) => {
    const fields = rest.split(' ')
    return { pid: Number(pid), name, ticks: Number(fields[11]) + Number(fields[12]) }
  })
}

/** The one process whose name starts so. Throws when there is none. */
export async function processOf(lab: Lab, vm: string, name: string): Promise<Process> {
  const all = await processes(lab, vm)
  const found = all.find((process) => process.name.startsWith(name))
  if (found === undefined) throw new Error(`no ${name} among ${all.map((one) => one.name).join(', ')}`)
  return found
}

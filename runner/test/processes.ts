import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

export type Process = Readonly<{ name: string; pid: number }>

/** The processes of a network namespace, without those that end while they are looked at. */
export function processesIn(netns: string): readonly Process[] {
  return execFileSync('ip', ['netns', 'pids', netns], { encoding: 'utf8' })
    .split('\n')
    .flatMap((pid) => {
      const name = read(`/proc/${pid}/comm`)
      return pid === '' || name === undefined ? [] : [{ name, pid: Number(pid) }]
    })
}

/**
 * Sends a signal to the first process in the namespace of the container that `launcher` runs: only its end is the end of the container.
 * Nothing happens where it has ended already.
 */
export function signalContainer(launcher: number, signal: NodeJS.Signals): void {
  const children = read(`/proc/${launcher}/task/${launcher}/children`)?.split(' ') ?? []
  const first = children.find((pid) => !['cat', undefined].includes(read(`/proc/${pid}/comm`)))
  if (first === undefined) return
  try {
    process.kill(Number(first), signal)
  } catch {
    // It ended just now.
  }
}

/** What a file of /proc says; undefined for a process that has ended. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return undefined
  }
}

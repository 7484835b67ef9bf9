import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Pod } from './pod.ts'
import { waitFor } from './wait-for.ts'

/** The process in the pod that switches disks and holds guests, if one is at work. */
export const switching = (pod: Pod): number | undefined =>
  pod.processes().find(({ name }) => name === 'snapshot-switch')?.pid

export const switchBegun = (pod: Pod): Promise<number> =>
  waitFor(
    () => switching(pod),
    20,
    () => 'no switch and no hold began',
  )

/** Takes the lock of holds and switches; gives what lets it go. */
export async function lockSwitch(pod: Pod): Promise<() => Promise<unknown>> {
  const lock = spawn('flock', [join(pod.folder, 'run/switch.lock'), 'cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  lock.stdin.write('locked')
  await once(lock.stdout, 'data')
  return () => {
    lock.stdin.end()
    return once(lock, 'close')
  }
}

/** Kills what `begin` has the pod do so many milliseconds after it got its lock, for which it waits until it was found. */
export async function killSwitchAfter(
  pod: Pod,
  milliseconds: number,
  begin: () => Promise<unknown>,
): Promise<void> {
  const unlock = await lockSwitch(pod)
  const begun = begin().catch(() => undefined)
  const helper = await switchBegun(pod)
  await unlock()
  const until = performance.now() + milliseconds
  while (performance.now() < until) await new Promise(setImmediate)
  try {
    process.kill(helper, 'SIGKILL')
  } catch {
    // It was faster.
  }
  await begun
}

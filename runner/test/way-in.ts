import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Pod } from './pod.ts'
import { waitFor } from './wait-for.ts'

/** A socket that leads to what a pod exports. */
export type WayIn = Readonly<{ socket: string; close: () => void }>

let ways = 0

/** Opens one among the pod's clients, with the key in this file of its folder. */
export async function openWayIn(pod: Pod, keys = 'nbd/keys.psk'): Promise<WayIn> {
  const socket = join(pod.folder, `way-in-${++ways}`)
  const words = ['client', socket, pod.address, '10776', join(pod.folder, keys)]
  const script = join(import.meta.dirname, 'tunnel.ts')
  const tunnel = spawn('ip', ['netns', 'exec', pod.peer, process.execPath, script, ...words])
  await waitFor(
    () => (existsSync(socket) ? true : undefined),
    30,
    () => 'the tunnel does not listen',
  )
  return { socket, close: () => tunnel.kill() }
}

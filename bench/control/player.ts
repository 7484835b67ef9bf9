import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { ApiServer } from '../../hack/apiserver/start.ts'

/** A part of the cluster that is played by a process of its own. */
export type Player = Readonly<{ pid: number; stop: () => Promise<void> }>

/** Starts one; resolves when its caches are filled. It ends with this process, however that ends. */
export async function play(part: 'nodes' | 'collector', server: ApiServer): Promise<Player> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'played.ts'), part], {
    env: { ...process.env, KUBECONFIG: server.kubeconfig },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const first = await Promise.race([once(child.stdout, 'data'), ended.then(() => undefined)])
  if (first === undefined) throw new Error(`what plays the ${part} ended at once`)
  const stop = async () => {
    child.stdin.end()
    await ended
  }
  return { pid: child.pid ?? 0, stop }
}

import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const everyMs = 50
const patienceMs = 1000

/**
 * Resolves with the time (Date.now) at which an SSH server said its first words. A connection alone proves nothing: the pod
 * takes it before the guest is there. So connections are tried one after another, some at a time, and the first banner counts.
 */
export async function bannerAt(host: string, seconds: number): Promise<number> {
  const end = performance.now() + seconds * 1000
  let at: number | undefined
  const attempts = new Set<Promise<void>>()
  while (at === undefined && performance.now() < end) {
    const attempt = speaks(host).then((spoke) => {
      attempts.delete(attempt)
      if (spoke !== undefined) at = Math.min(at ?? spoke, spoke)
    })
    attempts.add(attempt)
    await sleep(everyMs)
  }
  await Promise.all(attempts)
  if (at === undefined) throw new Error(`no SSH banner from ${host} within ${seconds} s`)
  return at
}

function speaks(host: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: 22 })
    const done = (at?: number) => {
      clearTimeout(watchdog)
      socket.destroy()
      resolve(at)
    }
    const watchdog = setTimeout(done, patienceMs)
    socket.on('data', (chunk) => done(chunk.toString('latin1').startsWith('SSH-') ? Date.now() : undefined))
    socket.on('error', () => done())
    socket.on('close', () => done())
  })
}

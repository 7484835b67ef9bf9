import { isIP } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { z } from 'zod'
import { type GuestInfo, guestLimits } from '../api/guest-info.ts'
import { ControlError, type ControlTarget, connectControl } from './connect.ts'

/** The most that one answer may have: a guest that sends more is not listened to. */
const answerBytes = 256 * 1024

const osInfo = z.object({ 'pretty-name': z.string().optional(), 'kernel-release': z.string().optional() })
const hostName = z.object({ 'host-name': z.string() })
const interfaces = z.array(
  z.object({ 'ip-addresses': z.array(z.object({ 'ip-address': z.string() })).optional() }),
)
const filesystems = z.array(
  z.object({ mountpoint: z.string(), type: z.string(), 'total-bytes': z.number().optional() }),
)

/**
 * Asks the guest agent behind a pod's control port what it says of its guest. What an agent does not know, or says in a form that is not
 * its own, is left out; all of it is cut to size. Throws ControlError where no agent answers within `milliseconds`.
 */
export async function askGuestAgent(
  target: ControlTarget,
  milliseconds: number,
  id: number,
): Promise<GuestInfo> {
  const signal = AbortSignal.timeout(milliseconds)
  const agent = new Agent(await connectControl(target, 'agent', signal), signal)
  try {
    await agent.sync(id)
    const os = osInfo.safeParse(await agent.ask('guest-get-osinfo')).data
    const name = hostName.safeParse(await agent.ask('guest-get-host-name')).data
    const nics = interfaces.safeParse(await agent.ask('guest-network-get-interfaces')).data
    const mounts = filesystems.safeParse(await agent.ask('guest-get-fsinfo')).data
    return {
      ...textOf('os', os?.['pretty-name']),
      ...textOf('kernel', os?.['kernel-release']),
      ...textOf('hostname', name?.['host-name']),
      ...(nics === undefined ? {} : { addresses: addressesOf(nics) }),
      ...(mounts === undefined ? {} : { filesystems: filesystemsOf(mounts) }),
    }
  } finally {
    agent.close()
  }
}

function textOf<K extends string>(key: K, said: string | undefined): Partial<Record<K, string>> {
  const text = plain(said ?? '')
  return text === '' ? {} : ({ [key]: text } as Partial<Record<K, string>>)
}

/** Without what could confuse a terminal or a reader, and no longer than what is kept. */
function plain(text: string): string {
  return text
    .slice(0, 1024)
    .replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '')
    .trim()
    .slice(0, guestLimits.text)
}

function addressesOf(nics: z.infer<typeof interfaces>): string[] {
  const all = nics.flatMap((nic) => nic['ip-addresses']?.map((one) => one['ip-address']) ?? [])
  const useful = all.filter(
    (address) => isIP(address) !== 0 && !/^(127\.|169\.254\.|::1$|fe80:|.*%)/i.test(address),
  )
  return [...new Set(useful)].sort().slice(0, guestLimits.addresses)
}

function filesystemsOf(mounts: z.infer<typeof filesystems>): NonNullable<GuestInfo['filesystems']> {
  const known = mounts.map(({ mountpoint, type, 'total-bytes': total }) => ({
    mountpoint: plain(mountpoint),
    type: plain(type),
    ...(total !== undefined && Number.isSafeInteger(total) && total >= 0 ? { totalBytes: total } : {}),
  }))
  return known
    .sort((a, b) => (a.mountpoint < b.mountpoint ? -1 : a.mountpoint > b.mountpoint ? 1 : 0))
    .slice(0, guestLimits.filesystems)
}

/** One conversation, a line a time. */
class Agent {
  readonly #socket: TLSSocket
  readonly #signal: AbortSignal
  readonly #lines: AsyncGenerator<string>

  constructor(socket: TLSSocket, signal: AbortSignal) {
    this.#socket = socket
    this.#signal = signal
    this.#lines = linesOf(socket)
    signal.addEventListener('abort', () =>
      socket.destroy(new ControlError('the guest agent did not answer in time')),
    )
  }

  /** Leaves behind what an earlier client did not hear. */
  async sync(id: number): Promise<void> {
    // 0xff makes the agent forget what was left half-said.
    this.#socket.write(Buffer.concat([Buffer.from([0xff]), Buffer.from(command('guest-sync', { id }))]))
    for (;;) {
      if ((await this.#hear())?.return === id) return
    }
  }

  /** What it answers; undefined where it refuses. */
  async ask(what: string): Promise<unknown> {
    this.#socket.write(command(what))
    return (await this.#hear())?.return
  }

  close(): void {
    this.#socket.destroy()
  }

  async #hear(): Promise<{ return?: unknown } | undefined> {
    const { value, done } = await this.#lines.next()
    if (done === true || this.#signal.aborted) throw new ControlError('the guest agent does not answer')
    try {
      return z.object({ return: z.unknown() }).parse(JSON.parse(value))
    } catch {
      return undefined
    }
  }
}

const command = (execute: string, parameters = {}): string =>
  `${JSON.stringify({ execute, arguments: parameters })}\n`

async function* linesOf(socket: TLSSocket): AsyncGenerator<string> {
  let text = ''
  for await (const chunk of socket) {
    text += (chunk as Buffer).toString('utf8')
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      yield text.slice(0, end)
      text = text.slice(end + 1)
    }
    if (text.length > answerBytes) throw new ControlError('the guest agent says too much')
  }
}

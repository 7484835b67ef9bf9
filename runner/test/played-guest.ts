import { createServer, type Server } from 'node:net'
import { join } from 'node:path'

/** QEMU's monitor and a guest's agent, played on the sockets that they have in a pod. */
export type PlayedGuest = Readonly<{
  isFrozen: () => boolean
  /** Its processors run. */
  isRunning: () => boolean
  /** Whether its filesystems were frozen when the disk was exchanged; undefined: it was not. */
  wasFrozen: () => boolean | undefined
  close: () => Promise<void>
}>

type Command = Readonly<{ execute: string; arguments?: Readonly<{ id?: number }>; id?: string }>

/** Plays a guest in this folder. Its agent answers `late` only when it is asked for the next thing, as one that is slow does: in order, but not in time. */
export async function playGuest(folder: string, late = ''): Promise<PlayedGuest> {
  let frozen = false
  let running = true
  let switched: boolean | undefined
  let held: object | undefined
  const answers: Readonly<Record<string, (command: Command) => unknown>> = {
    'guest-sync': (command) => command.arguments?.id,
    'guest-exec': () => ({ pid: 7 }),
    'guest-exec-status': () => ({ exited: true }),
    'guest-fsfreeze-freeze': () => {
      frozen = true
      return 2
    },
    'guest-fsfreeze-thaw': () => {
      frozen = false
      return 2
    },
  }
  const agent = speaking(join(folder, 'agent.sock'), '', (command) => {
    const answer = { return: answers[command.execute]?.(command) }
    const before = held === undefined ? [] : [held]
    held = command.execute === late && held === undefined ? answer : undefined
    return held === undefined ? [...before, answer] : before
  })
  const monitor = speaking(join(folder, 'switch.sock'), '{"QMP": {}}\n', (command) => {
    if (command.execute === 'qom-set') switched = frozen
    if (command.execute === 'stop') running = false
    if (command.execute === 'cont') running = true
    return [{ return: { running }, ...(command.id === undefined ? {} : { id: command.id }) }]
  })
  const servers = await Promise.all([agent, monitor])
  return {
    isFrozen: () => frozen,
    isRunning: () => running,
    wasFrozen: () => switched,
    close: async () => {
      for (const server of servers) await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A server that greets, and answers each line as `answer` says, with spaces where QEMU and its agent put them. */
function speaking(socket: string, greeting: string, answer: (command: Command) => readonly object[]) {
  const server = createServer((peer) => {
    peer.write(greeting)
    let text = ''
    peer.on('error', () => undefined)
    peer.setEncoding('latin1').on('data', (chunk) => {
      const lines = (text + chunk).split('\n')
      text = lines.pop() ?? ''
      for (const line of lines)
        for (const said of answer(JSON.parse(line.replace('\xff', '')) as Command))
          peer.write(`${JSON.stringify(said).replaceAll(/([:,])(?=\S)/g, '$1 ')}\n`)
    })
  })
  return new Promise<Server>((resolve) => server.listen(socket, () => resolve(server)))
}

import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import { type ControlTarget, connectControl } from '../../operator/control/connect.ts'

/** Encodings that QEMU keeps state for: Tight, ZRLE, Hextile. */
const encodings = [7, 16, 5]

/**
 * People look at a VM's screen over the control port as VNC clients do, and ask for the whole of it again and again (RFB 3.8).
 * They come one after another: QEMU lets one wait at its door.
 */
export async function watchScreen(target: ControlTarget, people: number, seconds: number): Promise<void> {
  const sockets: TLSSocket[] = []
  for (let one = 0; one < people; one++) sockets.push(await comeIn(target))
  let read = 0
  for (const socket of sockets) {
    socket.write(setEncodings())
    socket.on('data', (chunk: Buffer) => {
      read += chunk.length
    })
  }
  const end = performance.now() + seconds * 1000
  while (performance.now() < end) {
    for (const socket of sockets) socket.write(updateRequest())
    await sleep(200)
  }
  for (const socket of sockets) socket.destroy()
  if (read === 0) throw new Error('the VNC server sent no picture')
}

/** Greets, chooses no authentication, and shares the screen with others. */
async function comeIn(target: ControlTarget): Promise<TLSSocket> {
  const socket = await connectControl(target, 'vnc', AbortSignal.timeout(20_000))
  await said(socket)
  for (const words of ['RFB 003.008\n', Buffer.from([1]), Buffer.from([1])]) {
    socket.write(words)
    await said(socket)
  }
  return socket
}

async function said(socket: TLSSocket): Promise<void> {
  const closed = once(socket, 'close').then(() => Promise.reject(new Error('the VNC server hung up')))
  closed.catch(() => {})
  await Promise.race([once(socket, 'data', { signal: AbortSignal.timeout(20_000) }), closed])
}

function setEncodings(): Buffer {
  const message = Buffer.alloc(4 + encodings.length * 4)
  message.writeUInt8(2, 0)
  message.writeUInt16BE(encodings.length, 2)
  encodings.forEach((encoding, index) => {
    message.writeInt32BE(encoding, 4 + index * 4)
  })
  return message
}

/** The whole screen, changed or not. */
function updateRequest(): Buffer {
  const message = Buffer.alloc(10)
  message.writeUInt8(3, 0)
  message.writeUInt16BE(1280, 6)
  message.writeUInt16BE(800, 8)
  return message
}

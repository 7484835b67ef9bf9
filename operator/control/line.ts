import { type ControlService, type ControlTarget, connectControl } from './connect.ts'

/** What a service says that answers `words`, or nothing, with one line. Throws ControlError, or whatever ends the connection. */
export async function readLine(
  target: ControlTarget,
  service: ControlService,
  signal: AbortSignal,
  words = '',
): Promise<string> {
  const socket = await connectControl(target, service, signal)
  const abort = () => socket.destroy(new Error(`the ${service} service did not answer in time`))
  signal.addEventListener('abort', abort, { once: true })
  let text = ''
  try {
    if (words !== '') socket.write(words)
    for await (const chunk of socket) {
      text += chunk
      if (text.includes('\n')) break
    }
  } finally {
    signal.removeEventListener('abort', abort)
    socket.destroy()
  }
  return text
}

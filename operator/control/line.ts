import { type ControlService, type ControlTarget, connectControl } from './connect.ts'

/** What a service that says one line and ends has to say. Throws ControlError, or whatever ends the connection. */
export async function readLine(
  target: ControlTarget,
  service: ControlService,
  signal: AbortSignal,
): Promise<string> {
  const socket = await connectControl(target, service, signal)
  const abort = () => socket.destroy(new Error(`the ${service} service did not answer in time`))
  signal.addEventListener('abort', abort, { once: true })
  let text = ''
  try {
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

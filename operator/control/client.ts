import { type ControlTarget, connectControl } from './connect.ts'
import { QmpSession } from './qmp.ts'
import { parseRunnerState, type RunnerState } from './state.ts'

/** What controllers ask of a running VM, over its control port. Each call opens one connection and closes it. */
export type VmControl = Readonly<{
  /** What the runner says of itself. */
  state(target: ControlTarget): Promise<RunnerState>
  /** Stops or lets run the guest's CPUs; what it was before does not matter. */
  setPaused(target: ControlTarget, paused: boolean): Promise<void>
}>

/** The same, but that nothing is changed in a VM where `before` throws. */
export function guarded(control: VmControl, before: () => void): VmControl {
  return {
    state: (target) => control.state(target),
    setPaused: async (target, paused) => {
      before()
      return control.setPaused(target, paused)
    },
  }
}

/** A VM control that gives up after `timeoutMilliseconds` (connection and replies together). Throws ControlError, QmpError. */
export function vmControl(timeoutMilliseconds = 5_000): VmControl {
  return {
    async state(target) {
      const signal = AbortSignal.timeout(timeoutMilliseconds)
      const socket = await connectControl(target, 'state', signal)
      const abort = () => socket.destroy(new Error('the state service did not answer in time'))
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
      return parseRunnerState(text)
    },

    async setPaused(target, paused) {
      const signal = AbortSignal.timeout(timeoutMilliseconds)
      const session = new QmpSession(await connectControl(target, 'qmp', signal))
      try {
        await session.negotiate(signal)
        await session.execute(paused ? 'stop' : 'cont', {}, signal)
      } finally {
        session.close()
      }
    },
  }
}

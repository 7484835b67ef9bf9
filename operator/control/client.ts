import { type ControlTarget, connectControl } from './connect.ts'
import { readLine } from './line.ts'
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
      return parseRunnerState(await readLine(target, 'state', AbortSignal.timeout(timeoutMilliseconds)))
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

import type { ControlTarget } from '../control/connect.ts'
import { readLine } from '../control/line.ts'
import { parseWorkerState, type WorkerState } from './state.ts'

/** What controllers ask of a running worker, over its control port. */
export type WorkerControl = Readonly<{
  /** What the worker says of itself. */
  workerState(target: ControlTarget): Promise<WorkerState>
}>

/** A worker control that gives up after `timeoutMilliseconds`. Throws ControlError, and what ends connections. */
export function workerControl(timeoutMilliseconds = 5_000): WorkerControl {
  return {
    workerState: async (target) =>
      parseWorkerState(await readLine(target, 'state', AbortSignal.timeout(timeoutMilliseconds))),
  }
}

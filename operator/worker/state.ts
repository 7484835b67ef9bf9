import { z } from 'zod'
import { ControlError } from '../control/connect.ts'

const schema = z.object({
  phase: z
    .enum(['Preparing', 'Downloading', 'Receiving', 'Converting', 'Checking', 'Publishing', 'Serving'])
    .catch('Preparing'),
  reason: z.string().default(''),
  message: z.string().default(''),
  /** Percent of the phase. */
  progress: z.number().min(0).max(100).nullable().catch(null),
  bytes: z.number().min(0).catch(0),
  totalBytes: z.number().min(0).nullable().catch(null),
})

/** What a worker says of itself on its control port. */
export type WorkerState = Readonly<z.infer<typeof schema>>

/** Parses the line that the state service prints; throws ControlError if it is no such line. */
export function parseWorkerState(line: string): WorkerState {
  try {
    return schema.parse(JSON.parse(line))
  } catch (cause) {
    throw new ControlError('the control port said something that is no state of a worker', { cause })
  }
}

/**
 * How much of a job is done, in whole percent, over all of its phases: fetching is most of it. Undefined where the worker
 * itself does not know. 100 is left to what is published.
 */
export function progressOf({ phase, progress }: WorkerState): number | undefined {
  const span = spans[phase]
  if (span === undefined) return undefined
  const [from, to] = span
  if (progress === null) return phase === 'Preparing' ? 0 : undefined
  return Math.min(99, Math.floor(from + ((to - from) * progress) / 100))
}

const spans: Readonly<Partial<Record<WorkerState['phase'], readonly [number, number]>>> = {
  Preparing: [0, 0],
  Downloading: [0, 60],
  Receiving: [0, 60],
  Converting: [60, 95],
  Checking: [95, 99],
  Publishing: [99, 99],
}

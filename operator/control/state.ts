import { z } from 'zod'
import { ControlError } from './connect.ts'

/** What the runner says of itself on the control port's `state` service. */
export const runnerStateSchema = z.object({
  /** Preparing: looks at the base and makes the overlay. Waiting: something must be mended first. */
  phase: z.enum(['Preparing', 'Waiting', 'Running', 'Stopping']).catch('Preparing'),
  reason: z.string().default(''),
  message: z.string().default(''),
  accelerator: z.enum(['KVM', 'TCG']).optional().catch(undefined),
  /** Why TCG runs the guest although the pod asked for KVM. */
  acceleratorReason: z.string().max(512).optional().catch(undefined),
  guest: z.enum(['Booting', 'Ready']).optional().catch(undefined),
  /** The last of the counters that the machine began anew for; absent where an older runner says nothing of it. */
  rebooted: z.int().optional().catch(undefined),
  reset: z.int().optional().catch(undefined),
  /** Whether an agent in the guest holds its port open. */
  agent: z.boolean().optional().catch(undefined),
  /** How often the machine was reset because its guest had been silent for too long. */
  unresponsive: z.int().optional().catch(undefined),
  /** How long nobody has used the guest; 0: somebody does, or it does not run. Absent where an older runner does not measure it. */
  idleSeconds: z.int().min(0).optional().catch(undefined),
})

export type RunnerState = Readonly<z.infer<typeof runnerStateSchema>>

/** Parses the line that the state service prints; throws ControlError if it is no such line. */
export function parseRunnerState(line: string): RunnerState {
  try {
    return runnerStateSchema.parse(JSON.parse(line))
  } catch (cause) {
    throw new ControlError('the control port said something that is no state', { cause })
  }
}

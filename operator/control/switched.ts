import { z } from 'zod'
import { ControlError } from './connect.ts'

/**
 * Whether the guest's agent is to freeze its filesystems around the switch. `Still`: there is no switch but while the guest's CPUs stand still;
 * it is quiesced if it was frozen when they were stopped.
 */
export type Quiesce = 'Auto' | 'Required' | 'Never' | 'Still'

const answer = z.discriminatedUnion('switched', [
  z.object({
    switched: z.literal(true),
    /** Why the guest was not frozen, where it was to be: `AgentSilent` or `FreezeFailed`. */
    reason: z.enum(['', 'AgentSilent', 'FreezeFailed']).catch(''),
    takenAt: z.iso.datetime(),
    quiesced: z.boolean(),
    /** False: nobody heard the guest's agent say that the filesystems are thawed. The pod goes on trying for a minute. */
    thawed: z.boolean(),
    /** Milliseconds from before the freeze (or the switch) until after the thaw (or the switch). */
    pauseMs: z.number(),
    switchMs: z.number(),
  }),
  z.object({
    switched: z.literal(false),
    /** `AgentSilent`, `FreezeFailed`: the guest could not be frozen, and had to be. `Running`: it was to stand still, and does not. */
    reason: z.enum(['AgentSilent', 'FreezeFailed', 'Running', 'Failed', 'Unclear']).catch('Failed'),
    message: z.string().default(''),
  }),
])

/** What became of a switch, as the pod says it. */
export type Switched = Readonly<z.infer<typeof answer>>

/** Parses the line that the switch service prints; throws ControlError if it is no such line. */
export function parseSwitched(line: string): Switched {
  try {
    return answer.parse(JSON.parse(line))
  } catch (cause) {
    throw new ControlError("the control port's switch service said something that is no answer", { cause })
  }
}

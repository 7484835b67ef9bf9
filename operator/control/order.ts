import { z } from 'zod'
import { ControlError } from './connect.ts'

/** What the operator asks of a machine that runs: the counter's number makes the pod obey each order once. */
export type Order = Readonly<{ what: 'reboot' | 'reset'; generation: number }>

/** Whether the machine runs a rescue system, whose end is to end nothing. */
export type RescueOrder = Readonly<{ what: 'rescue'; generation: 0 | 1 }>

const answer = z.object({ taken: z.boolean() })

/** The line that the order service reads. */
export const orderLine = ({ what, generation }: Order | RescueOrder): string => `${what} ${generation}\n`

/** Throws ControlError where the pod's answer is not that it took the order. */
export function assertTaken(line: string): void {
  let taken: boolean
  try {
    taken = answer.parse(JSON.parse(line)).taken
  } catch (cause) {
    // A runner from before there were orders answers with its state.
    const message = 'the pod was made by an older version, which takes no orders: rebuild the VM'
    throw new ControlError(message, { cause })
  }
  if (!taken) throw new ControlError('the pod does not take the order at present')
}

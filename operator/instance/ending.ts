import { z } from 'zod'
import { type Reason, reasons } from '../api/reasons.ts'
import type { Terminated } from '../pod/view.ts'

/** How a VM ended, from what the kubelet tells of its container. */
export type Ending = Readonly<{
  succeeded: boolean
  reason: Reason
  message: string
  finishedAt?: string
}>

const report = z.object({ reason: z.string(), message: z.string() })

/** Reads the runner's last words (a line of JSON in the termination message), or else what the kubelet says itself. */
export function endingOf(terminated: Terminated): Ending {
  const succeeded = terminated.exitCode === 0
  const finishedAt = terminated.finishedAt === undefined ? {} : { finishedAt: terminated.finishedAt }
  if (terminated.reason === 'OOMKilled') {
    return {
      succeeded: false,
      reason: 'OutOfMemory',
      message: 'The node killed the VM because its pod used more memory than it may.',
      ...finishedAt,
    }
  }
  const words = parseReport(terminated.message)
  if (words !== undefined) return { succeeded, ...words, ...finishedAt }
  return {
    succeeded,
    reason: succeeded ? 'GuestShutdown' : 'QEMUFailed',
    message: succeeded
      ? 'The VM ended.'
      : `The VM ended with exit code ${terminated.exitCode} and left no word.`,
    ...finishedAt,
  }
}

function parseReport(message: string | undefined): { reason: Reason; message: string } | undefined {
  if (message === undefined) return undefined
  try {
    const { reason, message: text } = report.parse(JSON.parse(message))
    return reason in reasons ? { reason: reason as Reason, message: sentence(text) } : undefined
  } catch {
    return undefined
  }
}

/** The runner's words become part of longer messages. */
function sentence(text: string): string {
  const trimmed = text.trim()
  if (trimmed === '') return 'The VM ended.'
  return `${trimmed.charAt(0).toUpperCase()}${trimmed.slice(1)}${/[.!?]$/.test(trimmed) ? '' : '.'}`
}

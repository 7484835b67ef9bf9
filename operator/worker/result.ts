import { z } from 'zod'
import { type WorkerReason, workerReasons } from '../api/worker-reasons.ts'
import type { PodBasics } from '../pod/view.ts'

const completeWords = z.object({
  reason: z.literal('Complete'),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  size: z.int().min(0),
  virtualSize: z.int().min(1),
  format: z.string().min(1).max(16),
  sourceDigest: z.string().max(160).default(''),
})

const failureWords = z.object({ reason: z.string(), message: z.string() })

/** What a worker made, sizes in bytes; `sourceDigest` is `ALGORITHM:HEX`, or empty where the source was no file. */
export type WorkerResult = Readonly<Omit<z.infer<typeof completeWords>, 'reason'>>

/** How a worker pod ended. */
export type WorkerOutcome =
  | Readonly<{ kind: 'complete'; result: WorkerResult }>
  | Readonly<{
      kind: 'failed'
      reason: WorkerReason
      /** A sentence. */
      message: string
      /** A retry is useless before the spec or the source changes. */
      permanent: boolean
    }>

/** The exit code of a worker that refuses what it was given for good. */
const refusal = 2

/** How the pod of a worker ended; undefined while it has not. */
export function outcomeOf(pod: PodBasics): WorkerOutcome | undefined {
  const { terminated } = pod
  const isOver = pod.phase === 'Succeeded' || pod.phase === 'Failed'
  if (terminated === undefined && !isOver) return undefined
  const words = parse(terminated?.message)
  const complete = completeWords.safeParse(words)
  // A worker is never run again: the kubelet tells how it ended a second before it tells the pod's phase.
  if (terminated?.exitCode === 0 && complete.success) {
    const { reason: _, ...result } = complete.data
    return { kind: 'complete', result }
  }
  if (!isOver) return undefined
  const failure = failureWords.safeParse(words)
  if (failure.success && failure.data.reason in workerReasons) {
    const { reason, message } = failure.data
    const permanent = terminated?.exitCode === refusal
    return { kind: 'failed', reason: reason as WorkerReason, message: message.slice(0, 1024), permanent }
  }
  if (terminated === undefined || pod.reason !== '' || wasTold(terminated.exitCode, words))
    return lost(pod.message || pod.reason || 'it was told to end.')
  const how =
    terminated.reason === 'OOMKilled'
      ? 'it used more memory than it may.'
      : `its exit code was ${terminated.exitCode}.`
  return {
    kind: 'failed',
    reason: 'WorkerFailed',
    message: `The worker left no word: ${how}`,
    permanent: false,
  }
}

/** Told to end by a signal: a drain, a node that shuts down. */
function wasTold(exitCode: number, words: unknown): boolean {
  const said = failureWords.safeParse(words)
  return exitCode === 143 || (said.success && said.data.reason === 'Terminated')
}

const lost = (why: string): WorkerOutcome => ({
  kind: 'failed',
  reason: 'WorkerLost',
  message: `The worker pod was lost: ${why}`,
  permanent: false,
})

function parse(message: string | undefined): unknown {
  try {
    return JSON.parse(message ?? '')
  } catch {
    return undefined
  }
}

import type { Firmware } from '../api/firmware.ts'
import type { ImageReason } from '../api/image-reasons.ts'
import type { ImagePhase } from '../api/image-status.ts'
import type { WorkerOutcome, WorkerResult } from '../worker/result.ts'

/** The one thing that a reconcile does for an image, besides taking away what is left over. */
export type Action = 'protect' | 'release' | 'createClaim' | 'createWorker'

/** A try that failed, and of which pod. */
export type Failure = Omit<Extract<WorkerOutcome, { kind: 'failed' }>, 'kind'> &
  Readonly<{
    podUID: string
    /** Of a claim that had no room. */
    claimSize?: string
    firmware?: Firmware
  }>

/** What is to be said of an image, and done about it. */
export type Verdict = Readonly<{
  phase: ImagePhase
  isReady: boolean
  reason: ImageReason
  message: string
  /** Nothing goes on before somebody acts. */
  isStalled?: true
  /** The content that the worker just made. */
  made?: WorkerResult
  /** A try that was not counted yet. */
  failure?: Failure
  /** Percent, and what the worker does. */
  progress?: number | undefined
  step?: string | undefined
  action?: Action
  /** Expected to be over in a moment: not worth writing down. */
  passing?: true
  /** Look again after this time, for what no watch reports. */
  requeueAfterSeconds?: number
}>

/** It goes on by itself. */
export const goesOn = (phase: ImagePhase, reason: ImageReason, message: string): Verdict => ({
  phase,
  isReady: false,
  reason,
  message,
})

/** Somebody has to act before it goes on. */
export const stalled = (phase: ImagePhase, reason: ImageReason, message: string): Verdict => ({
  ...goesOn(phase, reason, message),
  isStalled: true,
})

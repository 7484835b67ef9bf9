import type { Pod } from '../kube/object.ts'
import { basicsOf, type PodBasics } from '../pod/view.ts'
import { workerContainer } from './pod.ts'
import { outcomeOf, type WorkerOutcome } from './result.ts'

/** A worker pod, with the questions that decisions ask of it answered. */
export type WorkerView = PodBasics & Readonly<{ outcome: WorkerOutcome | undefined }>

/** Reads a worker pod that the operator made. */
export function viewWorker(pod: Pod): WorkerView {
  const basics = basicsOf(pod, workerContainer)
  return { ...basics, outcome: outcomeOf(basics) }
}

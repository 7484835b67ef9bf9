import { passingFor, schedulingMilliseconds } from '../pod/passing.ts'
import { startTroubleOf } from '../pod/waiting.ts'
import { progressOf } from '../worker/state.ts'
import type { WorkerView } from '../worker/view.ts'
import type { Observed } from './observed.ts'
import { uploadCommand } from './upload.ts'
import { goesOn, stalled, type Verdict } from './verdict.ts'

type Step = (observed: Observed, worker: WorkerView) => Verdict | undefined

/** A worker that is neither going nor over: how far is it? */
const steps: readonly Step[] = [
  withoutNode, //   the scheduler has not found a node, or the claim has no volume
  withoutStart, //  the container waits: for its image, its volumes
  waiting, //       for an upload
  atWork,
]

/** What is said of an image whose worker is there. */
export function judgeWorker(observed: Observed, worker: WorkerView): Verdict {
  for (const step of steps) {
    const verdict = step(observed, worker)
    if (verdict !== undefined) return verdict
  }
  throw new TypeError(`worker ${worker.name} was left undecided`)
}

/** Provisioners need some seconds; one that needs longer than this needs somebody. */
const patienceSeconds = 30

function withoutNode({ claim, pod, now }: Observed, worker: WorkerView): Verdict | undefined {
  if (worker.node !== undefined) return undefined
  const age = (now.getTime() - Date.parse(pod?.metadata.creationTimestamp ?? '')) / 1000
  const isLate = age >= patienceSeconds
  const requeueAfterSeconds = Math.max(1, patienceSeconds - age)
  const words = worker.unschedulable
  const hasVolume = claim?.status?.phase === 'Bound'
  if (!hasVolume && (words === undefined ? isLate : wantsVolume.test(words))) {
    const said = words === undefined ? '' : ` The scheduler says: ${words}`
    const message = `Claim ${worker.name} has no volume: ${adviceOn(claim?.spec?.storageClassName)}${said}`
    if (isLate) return stalled('Pending', 'ClaimPending', message)
    return { ...goesOn('Pending', 'ClaimPending', message), requeueAfterSeconds }
  }
  if (words !== undefined)
    return goesOn('Pending', 'Unschedulable', `No node takes the worker pod at present: ${words}`)
  const message = `Pod ${worker.name} waits for the scheduler.`
  const left = passingFor(pod?.metadata.creationTimestamp, 2 * schedulingMilliseconds, now)
  if (left > 0)
    return { ...goesOn('Pending', 'Starting', message), passing: true, requeueAfterSeconds: left / 1000 }
  return { ...goesOn('Pending', 'Starting', message), requeueAfterSeconds }
}

/** How the scheduler says that a claim has no volume, and none can be had. */
const wantsVolume = /unbound immediate|storageclass|available persistent volumes|persistentvolumeclaim/i

const adviceOn = (className: string | undefined): string =>
  className === undefined || className === ''
    ? 'the cluster has no default StorageClass: set spec.storageClassName to one that kubectl get storageclass lists.'
    : `StorageClass ${className} has not provided one: look whether it exists (kubectl get storageclass ${className}) and whether its provisioner runs.`

function withoutStart(_: Observed, worker: WorkerView): Verdict | undefined {
  if (worker.runningSince !== undefined) return undefined
  const trouble = startTroubleOf(worker.waiting)
  if (trouble !== undefined) return stalled('Pending', trouble.reason, trouble.message)
  const message = `Node ${worker.node} mounts the claim and starts the worker pod.`
  return goesOn('Pending', 'Starting', message)
}

/** Seconds between two questions to a worker: it is not watched, and nobody needs to know at once. */
const askEverySeconds = 3

function waiting({ image, worker: state }: Observed, worker: WorkerView): Verdict | undefined {
  if (image.spec.source.upload === undefined) return undefined
  if (state === undefined || state.phase === 'Preparing') {
    const message = 'The worker is about to wait for the file.'
    return { ...goesOn('Importing', 'Starting', message), requeueAfterSeconds: 1 }
  }
  if (state.phase !== 'Receiving' || state.bytes > 0) return undefined
  const command = uploadCommand(image.metadata.namespace ?? 'default', worker.name)
  return {
    ...goesOn('Importing', 'WaitingForUpload', `The worker waits for the file. Send it with: ${command}`),
    progress: 0,
    step: state.phase,
    requeueAfterSeconds: askEverySeconds,
  }
}

function atWork({ worker: state, image }: Observed, worker: WorkerView): Verdict {
  const message = `The worker on node ${worker.node} makes the image.`
  return {
    ...goesOn('Importing', 'Importing', message),
    // What is not known now is not less than what was known.
    progress: (state === undefined ? undefined : progressOf(state)) ?? image.status?.progress,
    step: state?.phase ?? image.status?.import?.step,
    requeueAfterSeconds: askEverySeconds,
  }
}

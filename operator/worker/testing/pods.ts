import type { Pod } from '../../kube/object.ts'
import { workerContainer, workerPod } from '../pod.ts'

type PodStatus = NonNullable<Pod['status']>
type ContainerState = NonNullable<NonNullable<PodStatus['containerStatuses']>[number]['state']>

/** What a worker that made an image says last. */
export const completeWords = {
  reason: 'Complete',
  message: '',
  sha256: 'ab'.repeat(32),
  size: 65536,
  virtualSize: 1073741824,
  format: 'qcow2',
  sourceDigest: `sha256:${'cd'.repeat(32)}`,
} as const

/** An object that work is done for. */
export const owner = {
  apiVersion: 'ephemera.dev/v1alpha1',
  kind: 'BaseImage',
  metadata: { name: 'debian', namespace: 'lab', uid: 'uid-debian' },
}

/** The least that a worker is made from. */
export const input = {
  owner,
  name: 'debian-0123abcd',
  labels: { 'ephemera.dev/base-image': 'debian' },
  job: 'import-http',
  target: 'debian-0123abcd',
  deadlineSeconds: 600,
  config: {
    runnerImage: 'ephemera/runner:test',
    runnerImagePullPolicy: 'IfNotPresent',
    nodeLossSeconds: 20,
  },
} as const

/** A worker pod in this phase, its container in this state. */
export function workerPodIn(phase: string, state?: ContainerState, more: Partial<PodStatus> = {}): Pod {
  const container = { name: workerContainer, image: '', imageID: '', ready: false, restartCount: 0 }
  const intent = workerPod(input)
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    ...intent,
    metadata: { ...intent.metadata, uid: 'uid-pod' },
    status: {
      phase,
      ...(state === undefined ? {} : { containerStatuses: [{ ...container, state }] }),
      ...more,
    },
  } as Pod
}

/** A worker pod that is over, with this exit code and these last words. */
export function endedWorker(exitCode: number, words: object | string, more: Partial<PodStatus> = {}): Pod {
  const message = typeof words === 'string' ? words : JSON.stringify(words)
  return workerPodIn(exitCode === 0 ? 'Succeeded' : 'Failed', { terminated: { exitCode, message } }, more)
}

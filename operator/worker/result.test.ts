import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Pod } from '../kube/object.ts'
import { completeWords, endedWorker, workerPodIn } from './testing/pods.ts'
import { viewWorker } from './view.ts'

const { reason: _, message: __, ...result } = completeWords
const said = { reason: 'NoSpace', message: 'The claim is full.' }

const rows: readonly { name: string; pod: Pod; want: unknown }[] = [
  { name: 'a pod that runs has not ended', pod: workerPodIn('Running', { running: {} }), want: undefined },
  { name: 'a pod that waits has not ended', pod: workerPodIn('Pending'), want: undefined },
  {
    name: 'what a worker made is in its last words',
    pod: endedWorker(0, completeWords),
    want: { kind: 'complete', result },
  },
  {
    name: 'what it made is known before the kubelet tells that the pod has ended',
    pod: workerPodIn('Running', { terminated: { exitCode: 0, message: JSON.stringify(completeWords) } }),
    want: { kind: 'complete', result },
  },
  {
    name: 'of a failure the kubelet may know more',
    pod: workerPodIn('Running', { terminated: { exitCode: 1, message: JSON.stringify(said) } }),
    want: undefined,
  },
  {
    name: 'an upload without a digest of its source is complete, too',
    pod: endedWorker(0, { ...completeWords, sourceDigest: undefined }),
    want: { kind: 'complete', result: { ...result, sourceDigest: '' } },
  },
  {
    name: 'exit code 1 may heal',
    pod: endedWorker(1, said),
    want: { kind: 'failed', ...said, permanent: false },
  },
  {
    name: 'exit code 2 does not',
    pod: endedWorker(2, said),
    want: { kind: 'failed', ...said, permanent: true },
  },
]
for (const { name, pod, want } of rows) test(name, () => assert.equal(viewWorker(pod).outcome, want))

const failures: readonly { name: string; pod: Pod; reason: string; message: RegExp }[] = [
  {
    name: 'success without a result is a failure',
    pod: endedWorker(0, ''),
    reason: 'WorkerFailed',
    message: /left no word/,
  },
  {
    name: 'a result with half a digest is none',
    pod: endedWorker(0, { ...completeWords, sha256: 'ab' }),
    reason: 'WorkerFailed',
    message: /left no word/,
  },
  {
    name: 'a failure is no success whatever its words are',
    pod: endedWorker(1, completeWords),
    reason: 'WorkerFailed',
    message: /exit code was 1/,
  },
  {
    name: 'a reason that nobody knows is not passed on',
    pod: endedWorker(2, { reason: 'Nonsense', message: 'x' }),
    reason: 'WorkerFailed',
    message: /exit code was 2/,
  },
  {
    name: 'too much memory is told as such',
    pod: workerPodIn('Failed', { terminated: { exitCode: 137, reason: 'OOMKilled' } }),
    reason: 'WorkerFailed',
    message: /more memory than it may/,
  },
  {
    name: 'an evicted pod is lost',
    pod: workerPodIn('Failed', undefined, { reason: 'Evicted', message: 'The node was low on memory.' }),
    reason: 'WorkerLost',
    message: /low on memory/,
  },
  {
    name: 'a worker that was told to end is lost',
    pod: endedWorker(1, { reason: 'Terminated', message: 'told to stop' }),
    reason: 'WorkerLost',
    message: /told to end/,
  },
  {
    name: 'a pod that failed without a container is lost',
    pod: workerPodIn('Failed'),
    reason: 'WorkerLost',
    message: /lost/,
  },
]
for (const { name, pod, reason, message } of failures) {
  test(name, () => {
    const { outcome } = viewWorker(pod)
    if (outcome?.kind !== 'failed') throw new Error(`it ended as ${outcome?.kind}`)
    assert.is(outcome.reason, reason)
    assert.match(outcome.message, message)
    assert.is(outcome.permanent, false)
  })
}

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Pod, startPod } from './pod.ts'

/** Machines whose guest counts as hung soon after it does not answer any more. */
const watched = (action: string, check = 'ssh:22') => ({
  VM_LIVENESS: check,
  VM_LIVENESS_SECONDS: '31',
  VM_LIVENESS_ACTION: action,
})

async function withPod(env: Record<string, string>, story: (pod: Pod) => Promise<void>): Promise<void> {
  const pod = await startPod({ env })
  try {
    await pod.until((state) => state.guest === 'Ready', 120)
    await story(pod)
  } finally {
    await pod.remove()
  }
}

test('a guest that falls silent is reset, and keeps its disk', () =>
  withPod(watched('reset'), async (pod) => {
    assert.is((await pod.ssh('echo mine >/root/note; sync; killall dropbear')).stdout, '')
    await pod.until((state) => state.unresponsive === 1, 120)
    await pod.until((state) => state.guest === 'Ready', 120)
    assert.is((await pod.ssh('cat /root/note')).stdout, 'mine\n')
  }))

test('or ends as one that failed', () =>
  withPod(watched('restart'), async (pod) => {
    await pod.ssh('killall dropbear')
    const end = await pod.ended
    assert.equal([end.code, JSON.parse(end.message).reason], [1, 'GuestUnresponsive'])
  }))

test('a guest that never answered is left alone', () =>
  withPod({ ...watched('restart', 'tcp:81'), VM_READINESS: 'none' }, async (pod) => {
    const until = Date.now() + 15_000
    while (Date.now() < until) assert.is(await pod.probe('/ready'), '200')
  }))

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { pods } from '../operator/kube/resource.ts'
import { client } from './harness/client.ts'
import { kubectl } from './harness/kubectl.ts'
import { Lab } from './harness/lab.ts'
import { leadingPod, operator } from './harness/operator.ts'
import { waitFor } from './harness/wait-for.ts'

// Runs alone: without an operator the others would stand still.

const { namespace, deployment, selector } = operator

const operatorPods = async () => (await client.list(pods, { namespace, labelSelector: selector })).items
const scale = (replicas: number) =>
  kubectl(['scale', '-n', namespace, `deployment/${deployment}`, `--replicas=${replicas}`])
const rolledOut = () =>
  kubectl(['rollout', 'status', '-n', namespace, `deployment/${deployment}`, '--timeout=120s'])

let replicas = 1
test.after(async () => {
  await scale(replicas)
})
const lab = new Lab(test, 'operator-restart')

/** What tells this very run of this very VM from any other. */
const identity = async () => ({
  pod: await lab.podUid('web1'),
  boot: await lab.sh('web1', 'cat /proc/sys/kernel/random/boot_id'),
  restarts: (await lab.status('web1')).restarts,
})

let before: Awaited<ReturnType<typeof identity>>

lab.step('a VM runs', async () => {
  replicas = (await operatorPods()).length
  await lab.apply('web1')
  await lab.ready('web1')
  before = await identity()
})

lab.step('the replica that leads is deleted: another one leads, and the VM is not touched', async () => {
  assert.is(replicas, 2, 'the chart runs two')
  const old = await leadingPod()
  await kubectl(['delete', 'pod', '-n', namespace, old, '--timeout=60s'])
  await waitFor('another pod to lead', 60, leadingPod, (leader) => leader !== '' && leader !== old)
  await rolledOut()
  // It has looked at everything once it does something new.
  await lab.apply('other', { powerState: 'Stopped' })
  await lab.until('other', 'Stopped', ({ phase }) => phase === 'Stopped', 60)
  assert.equal(await identity(), before)
})

lab.step('without an operator the VM runs on', async () => {
  await scale(0)
  await waitFor('the operator to be gone', 60, operatorPods, (found) => found.length === 0)
  assert.equal(await identity(), before)
})

lab.step(
  'what is asked for meanwhile is done when the operator is back, and the VM is not touched',
  async () => {
    await lab.apply('late')
    await lab.apply('other', { powerState: 'Stopped', restartPolicy: 'Never' })
    const { generation } = (await lab.get('other')).metadata
    await scale(replicas)
    await rolledOut()
    await lab.ready('late')
    assert.is(await lab.sh('late', 'hostname'), 'late')
    await lab.until(
      'other',
      'the change to be seen',
      ({ observedGeneration }) => observedGeneration === generation,
      30,
    )
    assert.equal(await identity(), before)
  },
)

lab.step('what happens to a VM meanwhile is made good', async () => {
  await scale(0)
  await waitFor('the operator to be gone', 60, operatorPods, (found) => found.length === 0)
  await lab.kubectl('delete', 'pod', 'late-vm', '--force', '--grace-period=0')
  await lab.podGone('late')
  await scale(replicas)
  await lab.restarted('late', 1)
  assert.is(await lab.sh('late', 'hostname'), 'late')
})

lab.step('the story was told once', async () => {
  const events = await lab.kubectl('get', 'events', '-o', 'json', '--field-selector=involvedObject.name=web1')
  const { items } = JSON.parse(events) as { items: { reason: string }[] }
  const reasons = items.map(({ reason }) => reason).sort()
  assert.equal(reasons, ['GuestReady', 'PodCreated', 'QEMUStarted', 'Scheduled'])
  assert.equal(await identity(), before)
})

test.run()

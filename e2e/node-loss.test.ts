import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { findCondition } from '../operator/kube/conditions.ts'
import { persistentVolumeClaims } from '../operator/kube/resource.ts'
import { attachmentsOf } from '../operator/volume/record.ts'
import { client } from './harness/client.ts'
import { deviceOf } from './harness/guests.ts'
import { importTiny } from './harness/images.ts'
import { Lab } from './harness/lab.ts'
import { lostSince, nodesAreOurs, podsOn, reviveNode, stopNode } from './harness/nodes.ts'
import { waitFor } from './harness/wait-for.ts'

// Runs alone: it takes a node away.

let lost = ''
test.after(async () => {
  if (lost !== '') await reviveNode(lost)
})
const lab = new Lab(test, 'node-loss')
const boot = { image: 'tiny' }
const apart = { placement: { group: { name: 'web', policy: 'AntiAffinity' } } }

const reasonOf = ({ conditions }: Awaited<ReturnType<typeof lab.status>>, type: string) =>
  findCondition(conditions, type)?.reason
/** UIDs of the pods that may write the volume, by the entries on its claim. */
const writers = async () =>
  attachmentsOf(await client.get(persistentVolumeClaims, { namespace: lab.namespace, name: 'data' })).map(
    ({ podUID }) => podUID,
  )

lab.step('two VMs of a group that keeps apart run on two nodes', async () => {
  await importTiny(lab)
  await lab.apply('web1', { boot, ...apart })
  await lab.apply('web2', { boot, ...apart })
  await lab.ready('web1', 'web2')
  const [one, two] = [await lab.status('web1'), await lab.status('web2')]
  assert.is.not(one.nodeName, two.nodeName)
})

lab.step('a third one waits, with the words of the scheduler and what can be changed', async () => {
  await lab.apply('web3', { boot, ...apart })
  const { phase, conditions } = await lab.until(
    'web3',
    'to find no node',
    (status) =>
      /anti-affinity rules.*group\.policy: SoftAntiAffinity/.test(
        findCondition(status.conditions, 'Scheduled')?.message ?? '',
      ),
    90,
  )
  assert.is(phase, 'Pending')
  assert.is(findCondition(conditions, 'Ready')?.reason, 'Unschedulable')
})

lab.step('it starts by itself where another one of the group has gone', async () => {
  const { nodeName } = await lab.status('web1')
  await lab.kubectl('delete', 'ei', 'web1', '--timeout=120s')
  await lab.ready('web3')
  const { nodeName: free, restarts } = await lab.status('web3')
  assert.equal([free, restarts], [nodeName, 0])
  await lab.kubectl('delete', 'ei', 'web3', '--timeout=120s')
})

lab.step('a VM writes to a volume on the node of another', async () => {
  const { nodeName = '' } = await lab.status('web2')
  await client.create(persistentVolumeClaims, {
    metadata: { name: 'data', namespace: lab.namespace },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '16Mi' } } },
  })
  const placement = { nodeSelector: { 'kubernetes.io/hostname': nodeName } }
  await lab.apply('db1', { boot, volumes: [{ name: 'data', claim: 'data' }], placement })
  await lab.ready('db1')
  await lab.sh('db1', `printf mine | dd of=${deviceOf('data')} conv=notrunc && sync`)
})

let podOfWeb2 = ''
let podOfDb1 = ''
lab.step(
  'the node is lost: within a minute of the mark there is a next pod for the VM that writes nothing but its own disk, and it runs elsewhere',
  async () => {
    if (!nodesAreOurs) return console.log('skipped: the nodes of this cluster cannot be stopped from here')
    const before = await lab.status('web2')
    podOfWeb2 = before.podUID ?? ''
    podOfDb1 = await lab.podUid('db1')
    lost = before.nodeName ?? ''
    const stopped = Date.now()
    await stopNode(lost)
    const marked = await waitFor('Kubernetes to mark the node', 120, () => lostSince(lost))
    const { nodeName, startedAt = '', restarts } = await lab.restarted('web2', 1)
    assert.is.not(nodeName, lost)
    assert.is(restarts, 1)
    const ran = Date.parse(startedAt)
    assert.ok(ran > (marked?.getTime() ?? 0), `QEMU started at ${startedAt}, which is before the mark`)
    const seconds = (from: number, to: number) => Math.round((to - from) / 1000)
    console.log(
      `marked ${seconds(stopped, marked?.getTime() ?? 0)} s after the node was stopped; elsewhere QEMU ran ${seconds(marked?.getTime() ?? 0, ran)} s after that, and the guest had answered after ${seconds(marked?.getTime() ?? 0, Date.now())} s`,
    )
    // So much is up to Kubernetes and the operator. How long QEMU and the guest take from then on is up to the machine: told above.
    const { metadata } = await lab.pod('web2')
    const made = Date.parse(metadata.creationTimestamp ?? '')
    assert.ok(made - (marked?.getTime() ?? 0) < 60_000, 'the next pod is made within a minute of the mark')
    const { actions } = await lab.status('web2')
    assert.is(actions?.at(-1)?.reason, 'NodeLost')
  },
)

lab.step(
  'the VM that may still write its volume is not started a second time, and says what to do',
  async () => {
    if (lost === '') return
    const { conditions } = await lab.until(
      'db1',
      'to be held back',
      (status) => reasonOf(status, 'Stalled') === 'NodeUnreachable',
      60,
    )
    assert.match(findCondition(conditions, 'Stalled')?.message ?? '', /node\.kubernetes\.io\/out-of-service/)
    assert.is(await lab.podUid('db1'), podOfDb1)
    assert.equal(await writers(), [podOfDb1])
  },
)

lab.step('when the node is back what ran there is ended, and the volume goes to a fresh VM', async () => {
  if (lost === '') return
  await reviveNode(lost)
  const onceThere = [podOfWeb2, podOfDb1]
  await waitFor(
    'nothing of the old VMs to be left on the node',
    90,
    () => podsOn(lost),
    (uids) => !uids.some((uid) => onceThere.includes(uid)),
  )
  const { podUID } = await lab.restarted('db1', 1)
  assert.is.not(podUID, podOfDb1)
  assert.equal(await writers(), [podUID])
  assert.is(await lab.sh('db1', `head -c 4 ${deviceOf('data')}`), 'mine')
  const { podUID: still, restarts } = await lab.status('web2')
  assert.is(await lab.podUid('web2'), still)
  assert.is(restarts, 1)
  lost = ''
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { apiVersion } from '../operator/api/group.ts'
import type { Snapshot, SnapshotStatus } from '../operator/api/snapshot.ts'
import { snapshots } from '../operator/api/types.ts'
import { findCondition } from '../operator/kube/conditions.ts'
import { persistentVolumeClaims, pods, secrets } from '../operator/kube/resource.ts'
import { client } from './harness/client.ts'
import { kubectl } from './harness/kubectl.ts'
import { Lab } from './harness/lab.ts'
import { operator } from './harness/operator.ts'
import { processOf } from './harness/processes.ts'
import { hostKey } from './harness/ssh.ts'
import { waitFor } from './harness/wait-for.ts'

const lab = new Lab(test, 'snapshot')

const find = (name: string): Promise<Snapshot | undefined> =>
  client.find(snapshots, { namespace: lab.namespace, name })
const statusOf = async (name: string): Promise<SnapshotStatus> => (await find(name))?.status ?? {}
const take = (name: string, instance: string, spec: object = {}) => {
  const object = { apiVersion, kind: 'Snapshot', metadata: { name }, spec: { instance, ...spec } }
  return kubectl(['apply', '--namespace', lab.namespace, '-f', '-'], { input: JSON.stringify(object) })
}
const ready = (name: string) =>
  lab.kubectl('wait', '--for=condition=Ready', '--timeout=120s', `esnap/${name}`)
const settled = (name: string) =>
  waitFor(
    `${name} to be cleaned up after`,
    60,
    () => statusOf(name),
    ({ conditions }) => {
      return findCondition(conditions, 'Reconciling') === undefined
    },
  )

/** The numbers that the guest has written so far: each is on the disk before the next one is. */
const sequence = async (name: string) => {
  // A session that ends without its exit status is tried again: what counts is what is on the disk.
  const text = await waitFor(`the sequence in ${name}`, 30, () => lab.sh(name, 'cat /root/sequence'))
  return text.split('\n').map(Number)
}
const isPrefix = (numbers: readonly number[]) => numbers.every((number, at) => number === at + 1)

const identity = async (name: string) => ({
  instance: await lab.sh(name, 'cat /var/lib/tiny/instance-id'),
  host: await hostKey(await lab.address(name)),
  name: await lab.sh(name, 'hostname'),
})

/** Pods and Secrets that were made for snapshots, in QEMU's volume what they kept aside. */
async function leftovers(): Promise<string[]> {
  const here = { namespace: lab.namespace, labelSelector: 'ephemera.dev/snapshot' }
  const [left, kept] = await Promise.all([client.list(pods, here), client.list(secrets, here)])
  const fleece = await lab.inPod('web1', 'stat -c %s /overlay/fleece.qcow2')
  return [
    ...[...left.items, ...kept.items].map(({ kind, metadata }) => `${kind} ${metadata.name}`),
    ...(fleece.trim() === '0' ? [] : [`fleece of ${fleece} bytes`]),
  ]
}

/** A class whose volumes are on one node. */
const className = 'e2e-snapshot-away'
const classOn = (node: string) => ({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: className },
  provisioner: 'rancher.io/local-path',
  volumeBindingMode: 'WaitForFirstConsumer',
  allowedTopologies: [{ matchLabelExpressions: [{ key: 'kubernetes.io/hostname', values: [node] }] }],
})
/** Nodes that take any pod. */
async function nodesForPods(): Promise<readonly string[]> {
  const { items } = JSON.parse(await kubectl(['get', 'nodes', '-o', 'json'])) as {
    items: { metadata: { name: string }; spec: { taints?: unknown[] } }[]
  }
  return items.filter(({ spec }) => spec.taints === undefined).map(({ metadata }) => metadata.name)
}
let away = ''
test.after(async () => {
  if (away !== '') await kubectl(['delete', 'storageclass', className])
})

let numbersBefore = 0

lab.step('a guest that writes all the time is snapshotted, and goes on', async () => {
  await lab.apply('web1')
  await lab.ready('web1')
  const writer = 'i=0; while :; do i=$((i + 1)); echo $i >>/root/sequence; sync; done'
  await lab.sh('web1', `(setsid sh -c '${writer}' </dev/null >/dev/null 2>&1 &)`)
  await waitFor(
    'some numbers',
    30,
    () => sequence('web1'),
    (numbers) => numbers.length > 20,
  )
  numbersBefore = (await sequence('web1')).length
  await take('golden', 'web1', { displayName: 'Golden' })
  await waitFor(
    'the moment',
    60,
    () => statusOf('golden'),
    ({ takenAt }) => takenAt !== undefined,
  )
  const at = (await sequence('web1')).length
  await ready('golden')
  const after = await waitFor(
    'more numbers',
    30,
    () => sequence('web1'),
    (numbers) => numbers.length > at,
  )
  assert.ok(isPrefix(after), 'no number is missing in the guest itself')
})

lab.step('its status says what was kept, when, and what it cost the guest', async () => {
  const status = await statusOf('golden')
  assert.is(status.quiesced, true)
  assert.ok(
    (status.guestPauseMs ?? 0) > 0 && (status.guestPauseMs ?? 9e9) < 30_000,
    `${status.guestPauseMs} ms`,
  )
  assert.equal([status.virtualSize, status.minDisk, status.format], ['128Mi', '128Mi', 'qcow2'])
  assert.match(status.sha256 ?? '', /^[0-9a-f]{64}$/)
  assert.match(await lab.kubectl('describe', 'esnap', 'golden'), /Normal +MomentFixed[\s\S]*Normal +Taken /)
  console.log(`guestPauseMs ${status.guestPauseMs}, durationMs ${status.durationMs}, size ${status.size}`)
})

lab.step('nothing is left of the work', async () => {
  await settled('golden')
  await waitFor('nothing to be left', 30, leftovers, (left) => left.length === 0)
})

lab.step('a child boots, and has exactly what was written until that moment', async () => {
  const { sha256 } = await statusOf('golden')
  await lab.apply('child', { boot: { snapshot: 'golden' } })
  await lab.ready('child')
  const numbers = await sequence('child')
  assert.ok(isPrefix(numbers), `not a prefix: ${numbers.slice(-5)}`)
  assert.ok(numbers.length >= numbersBefore, 'what was on the disk before the snapshot is in it')
  assert.ok(numbers.length < (await sequence('web1')).length, 'what was written later is not')
  assert.match(await lab.inPod('child', 'busybox sha256sum /base/disk.qcow2'), new RegExp(`^${sha256}`))
})

lab.step(
  'a guest that is not frozen loses nothing that it had synced, and nothing later is kept',
  async () => {
    const synced = (await sequence('web1')).length - 1 // the last one may be on its way
    await take('plain', 'web1', { quiesce: 'Never' })
    await waitFor(
      'the moment',
      60,
      () => statusOf('plain'),
      ({ takenAt }) => takenAt !== undefined,
    )
    const most = (await sequence('web1')).length
    await ready('plain')
    assert.is((await statusOf('plain')).quiesced, false)
    await waitFor(
      'more numbers',
      30,
      () => sequence('web1'),
      (numbers) => numbers.length > most,
    )
    await lab.apply('plain-child', { boot: { snapshot: 'plain' } })
    await lab.ready('plain-child')
    const numbers = await sequence('plain-child')
    assert.ok(isPrefix(numbers), `not a prefix: ${numbers.slice(-5)}`)
    assert.ok(numbers.length >= synced, `${numbers.length} of ${synced} that were on the disk`)
    assert.ok(numbers.length <= most, `${numbers.length} where ${most} had been written`)
    await lab.kubectl('delete', 'ei', 'plain-child', '--timeout=60s')
  },
)

lab.step('the child has an identity of its own', async () => {
  const [parent, child] = [await identity('web1'), await identity('child')]
  assert.is(child.name, 'child')
  assert.is.not(child.instance, parent.instance)
  assert.is.not(child.host, parent.host)
})

lab.step('a snapshot of the child is flat, and knows where it comes from', async () => {
  await take('grandchild', 'child', { quiesce: 'Never' })
  await ready('grandchild')
  const status = await statusOf('grandchild')
  assert.equal(
    status.lineage?.map(({ kind, name }) => `${kind} ${name}`),
    ['Snapshot golden', 'PersistentVolumeClaim base'],
  )
  assert.is(status.quiesced, false)
  await lab.apply('grand', { boot: { snapshot: 'grandchild' } })
  await lab.ready('grand')
  assert.ok(isPrefix(await sequence('grand')))
})

lab.step('a worker that is killed is followed by another, and the moment stays', async () => {
  await take('killed', 'web1')
  const here = { namespace: lab.namespace, labelSelector: 'ephemera.dev/snapshot=killed' }
  const [worker] = await waitFor(
    'a worker',
    60,
    async () => (await client.list(pods, here)).items,
    (all) => all.length > 0,
  )
  const { takenAt } = await waitFor(
    'the moment',
    60,
    () => statusOf('killed'),
    (status) => status.takenAt !== undefined,
  )
  await lab.kill(worker)
  await ready('killed')
  assert.is((await statusOf('killed')).takenAt, takenAt)
  await settled('killed')
  await waitFor('nothing to be left', 30, leftovers, (left) => left.length === 0)
})

lab.step('an operator that is killed half-way is followed by one that brings it to its end', async () => {
  await take('orphan', 'web1')
  await waitFor(
    'the work to begin',
    60,
    () => statusOf('orphan'),
    ({ source }) => source !== undefined,
  )
  await kubectl([
    'delete',
    'pod',
    '-n',
    'ephemera-system',
    '-l',
    operator.selector,
    '--grace-period=0',
    '--force',
  ])
  await ready('orphan')
  await settled('orphan')
  await waitFor('nothing to be left', 30, leftovers, (left) => left.length === 0)
})

lab.step('a snapshot is copied to a volume of another class on another node, and boots there', async () => {
  const home = (await lab.status('web1')).nodeName ?? ''
  away = (await nodesForPods()).find((name) => name !== home) ?? ''
  assert.ok(away !== '', 'there is one node only')
  await kubectl(['apply', '-f', '-'], { input: JSON.stringify(classOn(away)) })
  await take('far', 'web1', { storageClassName: className })
  await ready('far')
  const { claim = '' } = await statusOf('far')
  const { metadata, spec } = await client.get(persistentVolumeClaims, {
    namespace: lab.namespace,
    name: claim,
  })
  assert.is(spec?.storageClassName, className)
  assert.is(metadata.annotations?.['volume.kubernetes.io/selected-node'], away)
  await lab.apply('far', { boot: { snapshot: 'far' } })
  await lab.ready('far')
  assert.is((await lab.status('far')).nodeName, away)
  assert.ok(isPrefix(await sequence('far')))
  await lab.kubectl('delete', 'ei', 'far', '--timeout=60s')
  await waitFor('nothing to be left', 30, leftovers, (left) => left.length === 0)
})

lab.step(
  'a snapshot that is deleted half-way goes with all that it made, and the guest goes on',
  async () => {
    await take('cancelled', 'web1')
    const { claim = '' } = await waitFor(
      'the moment',
      60,
      () => statusOf('cancelled'),
      ({ takenAt }) => takenAt !== undefined,
    )
    await lab.kubectl('delete', 'esnap', 'cancelled', '--timeout=60s')
    const target = { namespace: lab.namespace, name: claim }
    await waitFor(
      'its claim to go',
      60,
      async () => (claim === '' ? undefined : client.find(persistentVolumeClaims, target)),
      (found) => found === undefined,
    )
    await waitFor('nothing to be left', 30, leftovers, (left) => left.length === 0)
    const at = (await sequence('web1')).length
    await waitFor(
      'more numbers',
      30,
      () => sequence('web1'),
      (numbers) => numbers.length > at,
    )
  },
)

lab.step(
  'QEMU is killed half-way: the snapshot ends and says why, and the next VM can be snapshotted',
  async () => {
    const { pid } = await processOf(lab, 'web1', 'qemu')
    await take('lost', 'web1')
    await waitFor(
      'the moment',
      60,
      () => statusOf('lost'),
      ({ takenAt }) => takenAt !== undefined,
    )
    await lab.inPod('web1', `kill -9 ${pid}`)
    const { phase, conditions } = await waitFor(
      'the end',
      120,
      () => statusOf('lost'),
      (status) => status.phase === 'Ready' || status.phase === 'Failed',
    )
    // A copy may have been faster than the kill.
    if (phase === 'Failed') assert.is(findCondition(conditions, 'Stalled')?.reason, 'SourceLost')
    console.log(`the snapshot whose VM was killed is ${phase}`)
    await settled('lost')
    await lab.restarted('web1', 1)
    await take('after', 'web1')
    await ready('after')
    await settled('after')
    await waitFor('nothing to be left', 30, leftovers, (left) => left.length === 0)
  },
)

lab.step('a snapshot in use waits with its delete, and says for whom', async () => {
  await lab.kubectl('delete', 'esnap', 'golden', '--wait=false')
  const waits = await waitFor(
    'the delete to wait',
    30,
    () => statusOf('golden'),
    ({ phase }) => phase === 'Deleting',
  )
  assert.match(findCondition(waits.conditions, 'Reconciling')?.message ?? '', /EphemeralInstance child/)
  assert.equal(waits.usedBy, [{ kind: 'EphemeralInstance', name: 'child' }])
  await lab.kubectl('delete', 'ei', 'child', '--timeout=60s')
  await waitFor(
    'the snapshot to go',
    60,
    () => find('golden'),
    (found) => found === undefined,
  )
  const claim = { namespace: lab.namespace, name: waits.claim ?? '' }
  await waitFor(
    'its claim to go',
    60,
    () => client.find(persistentVolumeClaims, claim),
    (found) => found === undefined,
  )
})

test.run()

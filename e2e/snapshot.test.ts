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

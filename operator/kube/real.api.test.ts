import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { clientOf } from '../../hack/apiserver/connect.ts'
import { type ApiServer, startApiServer } from '../../hack/apiserver/start.ts'
import { Applier } from './apply.ts'
import type { KubeClient } from './client.ts'
import { isAlreadyExists, isConflict, isInvalid, isNotFound } from './errors.ts'
import { EventRecorder } from './events.ts'
import { addFinalizer, removeFinalizer } from './finalizer.ts'
import { LeaderElection } from './lease.ts'
import type { ConfigMap, Intent } from './object.ts'
import { ownerReference } from './owner.ts'
import { Reflector } from './reflector.ts'
import { configMaps, coreEvents, events, leases, persistentVolumeClaims, pods } from './resource.ts'
import { byLabel } from './store.ts'
import type { KubeTelemetry } from './telemetry.ts'
import { until } from './testing/until.ts'

let server: ApiServer
let client: KubeClient

test.before(async () => {
  server = await startApiServer()
  client = clientOf(server)
})
test.after(async () => {
  await client?.close()
  await server?.stop()
})

const namespace = 'default'
const map = (name: string, data: Record<string, string> = {}, more: object = {}): Intent<ConfigMap> => ({
  metadata: { name, namespace, ...more },
  data,
})

async function failureOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  )
}

test('objects are made, read, changed and deleted, and each refusal is told apart', async () => {
  const made = await client.create(configMaps, map('a', { n: '1' }))
  assert.is(made.kind, 'ConfigMap')
  assert.ok(isAlreadyExists(await failureOf(client.create(configMaps, map('a')))))
  assert.ok(isInvalid(await failureOf(client.create(configMaps, map('Not A Name')))))
  const stale = { metadata: { resourceVersion: '1' }, data: { n: '2' } }
  assert.ok(isConflict(await failureOf(client.mergePatch(configMaps, made.metadata, stale))))
  const wrongUid = client.delete(configMaps, made.metadata, { uid: 'another' })
  assert.ok(isConflict(await failureOf(wrongUid)))
  await client.delete(configMaps, made.metadata, { uid: made.metadata.uid })
  assert.ok(isNotFound(await failureOf(client.get(configMaps, made.metadata))))
})

test('a failed test of a JSON patch is a conflict, a refused value is not', async () => {
  const made = await client.create(configMaps, map('patched'))
  const wrong = [{ op: 'test', path: '/metadata/uid', value: 'another' }] as const
  assert.ok(isConflict(await failureOf(client.jsonPatch(configMaps, made.metadata, wrong))))
  const bad = [
    { op: 'test', path: '/metadata/uid', value: made.metadata.uid },
    { op: 'add', path: '/data', value: { 'no/slash': 'x' } },
  ] as const
  assert.ok(isInvalid(await failureOf(client.jsonPatch(configMaps, made.metadata, bad))))
})

test('finalizers come and go without touching those of others', async () => {
  const first = await client.create(configMaps, map('finalized'))
  const one = await addFinalizer(client, configMaps, first, 'ephemera.dev/one')
  const both = await addFinalizer(client, configMaps, one, 'ephemera.dev/two')
  assert.equal(both.metadata.finalizers, ['ephemera.dev/one', 'ephemera.dev/two'])
  assert.ok(isConflict(await failureOf(addFinalizer(client, configMaps, first, 'ephemera.dev/late'))))
  await removeFinalizer(client, configMaps, both, 'ephemera.dev/one')
  assert.ok(isConflict(await failureOf(removeFinalizer(client, configMaps, both, 'ephemera.dev/two'))))
  const left = await client.get(configMaps, first.metadata)
  assert.equal(left.metadata.finalizers, ['ephemera.dev/two'])
  await client.delete(configMaps, first.metadata)
  await removeFinalizer(client, configMaps, left, 'ephemera.dev/two')
  assert.is(await client.find(configMaps, first.metadata), undefined)
})

test('an apply owns its fields, gives up what it leaves out, and makes no call that changes nothing', async () => {
  const applier = new Applier({ client, fieldManager: 'ephemera-test' })
  const first = await applier.apply(configMaps, map('applied', { mine: '1', dropped: '1' }), undefined)
  await client.mergePatch(configMaps, first.object.metadata, { data: { theirs: '1' } })
  const live = () => client.get(configMaps, first.object.metadata)
  assert.is(
    (await applier.apply(configMaps, map('applied', { mine: '1', dropped: '1' }), await live())).outcome,
    'unchanged',
  )
  const second = await applier.apply(configMaps, map('applied', { mine: '1' }), await live())
  assert.equal(second.object.data, { mine: '1', theirs: '1' })
})

test('a status is applied through its subresource', async () => {
  const resources = { requests: { storage: '1Gi' } }
  const claim = await client.create(persistentVolumeClaims, {
    metadata: { name: 'claim', namespace },
    spec: { accessModes: ['ReadWriteOnce'], resources },
  })
  const applier = new Applier({ client, fieldManager: 'ephemera-test' })
  const { object } = await applier.applyStatus(persistentVolumeClaims, claim, { phase: 'Lost' })
  assert.is(object.status?.phase, 'Lost')
  const again = await applier.applyStatus(persistentVolumeClaims, object, { phase: 'Lost' })
  assert.is(again.outcome, 'unchanged')
  const other = { ...object, metadata: { ...object.metadata, uid: 'another' } }
  const refusal = await failureOf(applier.applyStatus(persistentVolumeClaims, other, { phase: 'Bound' }))
  assert.ok(isConflict(refusal))
})

test('the owner reference is one that the API server takes', async () => {
  const owner = await client.create(configMaps, map('owner'))
  const child = await client.create(
    configMaps,
    map('child', {}, { ownerReferences: [ownerReference(owner, { namespace })] }),
  )
  assert.is(child.metadata.ownerReferences?.[0]?.uid, owner.metadata.uid)
})

test('events are valid, become series, and show in the core API as kubectl reads it', async () => {
  const about = await client.create(configMaps, map('told'))
  const recorder = new EventRecorder({
    client,
    reportingController: 'ephemera.dev/operator',
    reportingInstance: 'operator-0',
  })
  const note = 'x'.repeat(2000)
  for (let i = 0; i < 3; i++)
    recorder.record(about, { type: 'Warning', reason: 'DiskTooSmall', action: 'Start', note, related: about })
  await recorder.flush(60_000)
  const { items } = await client.list(events, { namespace, fieldSelector: 'reason=DiskTooSmall' })
  assert.is(items.length, 1)
  assert.is(items[0]?.series?.count, 3)
  const fieldSelector = `involvedObject.uid=${about.metadata.uid}`
  const core = await client.list(coreEvents, { namespace, fieldSelector })
  assert.is(core.items[0]?.reason, 'DiskTooSmall')
})

test('one candidate leads, and the next one follows at once on a release', async () => {
  const stop = new AbortController()
  const candidate = (identity: string) =>
    new LeaderElection({
      client,
      namespace,
      name: 'operator',
      identity,
      leaseSeconds: 90,
      renewDeadlineSeconds: 60,
      retrySeconds: 0.2,
    })
  const [first, second] = [candidate('a'), candidate('b')]
  assert.is(await first.acquire(stop.signal), true)
  let followed = false
  const following = second.acquire(stop.signal).then((leads) => {
    followed = leads
  })
  const lease = () => client.get(leases, { namespace, name: 'operator' })
  const renewed = (await lease()).spec?.renewTime
  while ((await lease()).spec?.renewTime === renewed);
  assert.is(followed, false)
  await first.release()
  await following
  assert.is((await lease()).spec?.holderIdentity, 'b')
  assert.is((await lease()).spec?.leaseTransitions, 1)
  await second.release()
})

test('a reflector lists in pages, follows, and its exact relist finds nothing missed', async () => {
  for (let i = 0; i < 12; i++)
    await client.create(configMaps, map(`r${i}`, {}, { labels: { set: 'reflected' } }))
  const told: KubeTelemetry[] = []
  const stop = new AbortController()
  const reflector = new Reflector({
    client,
    type: configMaps,
    labelSelector: 'set=reflected',
    indexes: { set: byLabel('set') },
    pageSize: 5,
    relistSeconds: 1,
    emit: (one) => told.push(one),
  })
  const running = reflector.run(stop.signal)
  await reflector.synced()
  assert.is(reflector.store.byIndex('set', 'reflected').length, 12)
  const lists = () => told.flatMap((one) => (one.type === 'listed' ? [one.missed] : []))
  for (let i = 0; lists().length < 3; i++) {
    await client.mergePatch(configMaps, { namespace, name: `r${i % 12}` }, { data: { n: String(i) } })
    await until(
      'the change is seen',
      () => reflector.store.get(namespace, `r${i % 12}`)?.data?.n === String(i),
    )
  }
  assert.ok(
    lists().every((missed) => missed === 0),
    `missed ${lists()}`,
  )
  await client.delete(configMaps, { namespace, name: 'r0' })
  await until('the deletion is seen', () => reflector.store.size === 11)
  stop.abort()
  await running
})

test('a patch of a pod that is unknown to the type keeps its unknown fields', async () => {
  const made = await client.create(pods, {
    metadata: { name: 'p', namespace },
    spec: { containers: [{ name: 'vm', image: 'x' }] },
  })
  const patched = await client.mergePatch(pods, made.metadata, { metadata: { labels: { a: 'b' } } })
  assert.equal({ ...patched.spec }, { ...made.spec })
})

test.run()

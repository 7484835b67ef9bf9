import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Applier } from './apply.ts'
import { KubeClient } from './client.ts'
import { fixedConnection } from './connection.ts'
import { FakeApiServer } from './testing/fake-apiserver.ts'
import { type Thing, thing, things, thingsPath } from './testing/objects.ts'

let server: FakeApiServer
let client: KubeClient
let applier: Applier

test.before.each(async () => {
  server = new FakeApiServer()
  client = new KubeClient({ connection: fixedConnection(await server.listen()) })
  applier = new Applier({ client, fieldManager: 'ephemera-instance' })
})
test.after.each(async () => {
  await client.close()
  await server.close()
})

const live = () => server.world.get(thingsPath, 'lab', 'a') as Thing
const intent = thing('a', {}, { spec: { n: 1 } })

test('the first apply is made, the same again is not', async () => {
  assert.is((await applier.apply(things, intent, undefined)).outcome, 'applied')
  assert.is((await applier.apply(things, intent, live())).outcome, 'unchanged')
  assert.is(server.requests.length, 1)
  assert.is(server.requests[0]?.query.get('fieldManager'), 'ephemera-instance')
})

test('what others change beside the intent needs no call', async () => {
  await applier.apply(things, intent, undefined)
  server.world.set(thingsPath, thing('a', {}, { spec: { n: 1 }, status: { seen: true } }))
  assert.is((await applier.apply(things, intent, live())).outcome, 'unchanged')
})

test('what others change within the intent is put right', async () => {
  await applier.apply(things, intent, undefined)
  server.world.set(thingsPath, thing('a', {}, { spec: { n: 7 } }))
  assert.is((await applier.apply(things, intent, live())).outcome, 'applied')
  assert.equal(live().spec, { n: 1 })
})

test('a field that is given up makes a call, although the live object still covers the rest', async () => {
  await applier.apply(things, thing('a', {}, { spec: { n: 1, extra: true } }), undefined)
  assert.is((await applier.apply(things, intent, live())).outcome, 'applied')
})

test('an object made again under its name is applied to', async () => {
  await applier.apply(things, intent, undefined)
  server.world.delete(thingsPath, 'lab', 'a')
  server.world.set(thingsPath, thing('a', { uid: 'other' }, { spec: { n: 1 } }))
  assert.is((await applier.apply(things, intent, live())).outcome, 'applied')
})

test('a status is written through its subresource, and only when it differs, after a restart too', async () => {
  server.world.set(thingsPath, thing('a'))
  assert.is((await applier.applyStatus(things, live(), { phase: 'Running' })).outcome, 'applied')
  assert.is(server.requests[0]?.path, '/apis/test.ephemera.dev/v1/namespaces/lab/things/a/status')
  const body = JSON.parse(server.requests[0]?.body ?? '') as Thing
  assert.equal(body.metadata, { name: 'a', namespace: 'lab', uid: live().metadata.uid })
  const restarted = new Applier({ client, fieldManager: 'ephemera-instance' })
  assert.is((await restarted.applyStatus(things, live(), { phase: 'Running' })).outcome, 'unchanged')
  assert.is(server.requests.length, 1)
})

test('a status that never becomes as asked for is not written again and again', async () => {
  server.world.set(thingsPath, thing('a', {}, { status: { theirs: true } }))
  await applier.applyStatus(things, live(), { phase: 'Running' })
  assert.equal(live().status, { theirs: true, phase: 'Running' })
  assert.is((await applier.applyStatus(things, live(), { phase: 'Running' })).outcome, 'unchanged')
})

test('memory is bounded', async () => {
  const small = new Applier({ client, fieldManager: 'm', capacity: 1 })
  await small.apply(things, intent, undefined)
  await small.apply(things, thing('b', {}, { spec: {} }), undefined)
  assert.is((await small.apply(things, intent, live())).outcome, 'applied')
})

test.run()

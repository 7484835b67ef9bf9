import { setTimeout as delay } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { EphemeralInstance } from '../../operator/api/ephemeral-instance.ts'
import { ephemeralInstances } from '../../operator/api/types.ts'
import type { KubeClient } from '../../operator/kube/client.ts'
import { namespaces } from '../../operator/kube/resource.ts'
import { clientOf } from '../apiserver/connect.ts'
import { kubectl } from '../apiserver/kubectl.ts'
import { type ApiServer, startApiServer } from '../apiserver/start.ts'
import { chart, helm } from './helm.ts'

const lab = 'lab'
const going = 'going'
const system = 'ephemera-system'
const locked = { reason: 'the exam runs until Friday' }

let server: ApiServer
let client: KubeClient

test.before(async () => {
  server = await startApiServer()
  client = clientOf(server)
  for (const name of [system, lab, going]) await client.create(namespaces, { metadata: { name } })
  await helm(['install', 'ephemera', chart, '--namespace', system], server)
})
test.after(async () => {
  await client?.close()
  await server?.stop()
})

const create = (name: string, more: object = {}, namespace = lab) =>
  client.create(ephemeralInstances, {
    metadata: { name, namespace },
    spec: { boot: { claim: 'tiny' }, flavor: 's1.1core', ...more },
  } as EphemeralInstance)
const find = (name: string) => client.find(ephemeralInstances, { name, namespace: lab })
const said = (attempt: Promise<unknown>) =>
  attempt.then(
    () => 'done',
    (error: Error) => error.message,
  )
const change = (name: string, spec: object) =>
  said(client.mergePatch(ephemeralInstances, { name, namespace: lab }, { spec }))
const remove = (name: string, options: object = {}) =>
  said(client.delete(ephemeralInstances, { name, namespace: lab }, options))

test('a locked instance is not deleted, and the one who tries is told why', async () => {
  await create('locked', { locked })
  // The API server takes a new policy up when it sees it.
  for (const deadline = Date.now() + 120_000; Date.now() < deadline; await delay(100)) {
    await create('probe', { locked })
    if ((await remove('probe')) !== 'done') break
  }
  assert.match(
    await remove('locked'),
    /EphemeralInstance locked is locked \(the exam runs until Friday\): take spec\.locked away/,
  )
  assert.is((await find('locked'))?.metadata.deletionTimestamp, undefined)
})

test('whoever deletes all instances of a namespace spares the locked ones', async () => {
  await create('free')
  await said(kubectl(server, 'delete', 'ei', '--all', '--namespace', lab, '--wait=false'))
  assert.is(await find('free'), undefined)
  assert.ok(await find('locked'))
})

for (const [what, spec] of Object.entries({
  'a rebuild': { rebuildGeneration: 1 },
  'a stop': { powerState: 'Stopped' },
  'an end of its life': { expiry: { ttlSeconds: 10 } },
  'another reason': { locked: { reason: 'because' } },
}))
  test(`a locked instance refuses ${what}`, async () =>
    assert.match(
      await change('locked', spec),
      /the instance is locked \(the exam runs until Friday\): take spec\.locked away first/,
    ))

test('its status, its labels and an apply that changes nothing go through', async () => {
  const target = { name: 'locked', namespace: lab }
  await client.mergePatch(ephemeralInstances, target, { metadata: { labels: { course: 'a' } } })
  const status = { status: { phase: 'Ready' } }
  await client.mergePatch(ephemeralInstances, target, status, { subresource: 'status' })
  assert.is(await change('locked', { locked, powerState: 'Running' }), 'done')
})

test('an instance with everything in it can be locked, and unlocked', async () => {
  const userData = `#!/bin/sh\n${'# much\n'.repeat(9000)}`
  const sshAuthorizedKeys = Array.from({ length: 64 }, () => `ssh-rsa ${'A'.repeat(4000)}`)
  await create('large', { userData, sshAuthorizedKeys, locked })
  assert.match(await change('large', { userData: 'x' }), /is locked/)
  assert.is(await change('large', { locked: null, powerState: 'Stopped' }), 'done')
})

test('once unlocked it is like any other', async () => {
  assert.is(await change('locked', { locked: null }), 'done')
  assert.is(await change('locked', { rebuildGeneration: 1 }), 'done')
  assert.is(await remove('locked'), 'done')
})

test('a namespace that is deleted takes its locked instances along', async () => {
  await create('web1', { locked }, going)
  await client.delete(namespaces, { name: going })
  assert.is(await said(client.delete(ephemeralInstances, { name: 'web1', namespace: going })), 'done')
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { clientOf, installCrds } from '../../hack/apiserver/connect.ts'
import { kubectl } from '../../hack/apiserver/kubectl.ts'
import { type ApiServer, startApiServer } from '../../hack/apiserver/start.ts'
import type { KubeClient } from '../kube/client.ts'
import type { EphemeralInstance } from './ephemeral-instance.ts'
import { apiVersion } from './group.ts'
import { good } from './testing/specs.ts'
import { ephemeralInstances, flavors } from './types.ts'

let server: ApiServer
let client: KubeClient

const status = {
  phase: 'Ready',
  ip: '10.0.0.7',
  flavor: 's1.1core',
  nodeName: 'worker-1',
  accelerator: 'TCG',
  restarts: 2,
  resources: { flavor: 's1.1core', cpus: 1, memory: '512Mi', disk: '10Gi' },
  conditions: [
    {
      type: 'Ready',
      status: 'True',
      reason: 'GuestAnswered',
      message: 'The guest answered on port 22.',
      lastTransitionTime: '2026-01-02T03:04:05Z',
    },
  ],
}

test.before(async () => {
  server = await startApiServer()
  client = clientOf(server)
  await installCrds(client)
  const web1 = { name: 'web1', namespace: 'default' }
  const spec = good as EphemeralInstance['spec']
  await client.create(ephemeralInstances, { apiVersion, kind: 'EphemeralInstance', metadata: web1, spec })
  await client.mergePatch(ephemeralInstances, web1, { status }, { subresource: 'status' })
  const size = { cpus: 1, memory: '512Mi', disk: '10Gi', description: 'Small memory.' }
  await client.create(flavors, { metadata: { name: 's1.1core' }, spec: size })
})
test.after(async () => {
  await client?.close()
  await server?.stop()
})

/** The lines of a table, cells apart by one space. */
const table = async (...args: string[]) =>
  (await kubectl(server, 'get', ...args))
    .trim()
    .split('\n')
    .map((line) => line.trim().replace(/ {2,}/g, ' | '))

test('kubectl get ei says at once what there is', async () => {
  const [head, row] = await table('ei')
  assert.is(head, 'NAME | PHASE | READY | IP | FLAVOR | NODE | AGE')
  assert.match(row ?? '', /^web1 \| Ready \| True \| 10\.0\.0\.7 \| s1\.1core \| worker-1 \| \d+[sm]\w*$/)
})

test('kubectl get ei -o wide says why', async () => {
  const [head, row] = await table('ei', '-o', 'wide')
  assert.match(
    head ?? '',
    / \| ACCELERATOR \| RESTARTS \| HOSTNAME \| CPUS \| MEMORY \| DISK \| EXPIRES \| REASON \| MESSAGE$/,
  )
  assert.match(
    row ?? '',
    / \| TCG \| 2 \| 1 \| 512Mi \| 10Gi \| GuestAnswered \| The guest answered on port 22\.$/,
  )
})

test('kubectl get flv lists the sizes', async () => {
  const [head, row] = await table('flv')
  assert.is(head, 'NAME | CPUS | MEMORY | DISK | DESCRIPTION | AGE')
  assert.match(row ?? '', /^s1\.1core \| 1 \| 512Mi \| 10Gi \| Small memory\. \| \d+[sm]\w*$/)
})

test('kubectl get ephemera finds every kind', async () => {
  const names = await kubectl(server, 'get', 'ephemera', '-o', 'name')
  assert.equal(names.trim().split('\n'), [
    'ephemeralinstance.ephemera.dev/web1',
    'flavor.ephemera.dev/s1.1core',
  ])
})

test('kubectl wait works on the condition', async () => {
  assert.match(
    await kubectl(server, 'wait', '--for=condition=Ready', 'ei/web1', '--timeout=90s'),
    /condition met/,
  )
})

test('kubectl explain tells what each field is for', async () => {
  const overview = await kubectl(server, 'explain', 'ei.spec', '--recursive')
  for (const field of ['claim', 'sshAuthorizedKeys', 'enum: Running, Stopped, Paused', 'rebuildGeneration']) {
    assert.ok(overview.includes(field), `${field} is missing in\n${overview}`)
  }
  assert.match(await kubectl(server, 'explain', 'ei.spec.powerState'), /Takes effect at\s+once/)
  assert.match(await kubectl(server, 'explain', 'ei.status.timings.qemuStarted'), /Milliseconds/)
})

test.run()

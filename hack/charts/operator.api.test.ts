import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import type { BaseImage } from '../../operator/api/base-image.ts'
import type { EphemeralInstance } from '../../operator/api/ephemeral-instance.ts'
import type { InstanceSet } from '../../operator/api/instance-set.ts'
import { baseImages, ephemeralInstances, flavors, instanceSets } from '../../operator/api/types.ts'
import { recordOf } from '../../operator/copy/record.ts'
import { contentName } from '../../operator/image/children.ts'
import type { KubeClient } from '../../operator/kube/client.ts'
import { namespaces, persistentVolumeClaims, pods, secrets } from '../../operator/kube/resource.ts'
import { clientOf } from '../apiserver/connect.ts'
import { kubectl } from '../apiserver/kubectl.ts'
import { freePorts } from '../apiserver/ports.ts'
import { type ApiServer, kubeconfigFor, startApiServer } from '../apiserver/start.ts'
import { chart, helm, render } from './helm.ts'

/** The operator runs here as a process, with the account and the settings that the chart gives it and not one right more. */
const namespace = 'ephemera-system'
const lab = 'lab'
const directory = mkdtempSync(join(tmpdir(), 'ephemera-operator-'))

let server: ApiServer
let client: KubeClient
let operator: ChildProcess
let health: number
let log = ''

test.before(async () => {
  server = await startApiServer()
  client = clientOf(server)
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' }
  for (const name of [namespace, lab, 'images'])
    await client.create(namespaces, { metadata: { name, labels } })
  await helm(['install', 'ephemera', chart, '--namespace', namespace], server)

  const token = (await kubectl(server, 'create', 'token', 'ephemera', '--namespace', namespace)).trim()
  writeFileSync(join(directory, 'kubeconfig'), kubeconfigFor(server.url, token, server.ca))
  const map = parse(await render('--show-only', 'templates/flavors.yaml'))
  writeFileSync(join(directory, 'flavors.yaml'), map.data['flavors.yaml'])
  const [healthPort, metricsPort] = await freePorts(2)
  health = healthPort ?? 0
  const flags = [
    `--flavors-file=${join(directory, 'flavors.yaml')}`,
    `--health-port=${healthPort}`,
    `--metrics-port=${metricsPort}`,
    '--runner-image=ephemera/runner:test',
    `--namespace=${namespace}`,
    '--log-level=debug',
  ]
  const main = join(import.meta.dirname, '../../operator/main.ts')
  operator = spawn(process.execPath, [main, ...flags], {
    env: { ...process.env, KUBECONFIG: join(directory, 'kubeconfig') },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [operator.stdout, operator.stderr]) stream?.on('data', (chunk) => (log += chunk))
})
test.after(async () => {
  operator?.kill('SIGKILL')
  await client?.close()
  await server?.stop()
  rmSync(directory, { recursive: true })
})

/** Asks until the answer is there. */
async function until<T>(what: string, ask: () => Promise<T | undefined | false>): Promise<T> {
  for (const deadline = Date.now() + 120_000; Date.now() < deadline; await delay(100)) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
  }
  throw new Error(`${what}: not within 120 s. The operator said:\n${log.slice(-4000)}`)
}

const spec = (flavor: string, claim: string) => ({ boot: { claim }, flavor }) as EphemeralInstance['spec']
const stalledBecause = (name: string, reason: string) =>
  until(`${name} is stalled because of ${reason}`, async () => {
    const { status } = await client.get(ephemeralInstances, { name, namespace: lab })
    return status?.conditions?.find(
      (each) => each.type === 'Stalled' && each.status === 'True' && each.reason === reason,
    )
  })

test('the operator gets ready', async () => {
  await until('ready', () =>
    fetch(`http://127.0.0.1:${health}/readyz`).then(
      (response) => response.ok,
      () => false,
    ),
  )
})

test('it offers the default flavors', async () => {
  const names = await until('as many flavors', async () => {
    const { items } = await client.list(flavors)
    return items.length >= 5 && items.map(({ metadata }) => metadata.name).sort()
  })
  assert.equal(names, ['m1.1core', 's1.1core', 's1.2core', 's1.4core', 'xl'])
})

test('an instance without its claim is stalled and says so', async () => {
  await client.create(ephemeralInstances, {
    metadata: { name: 'web1', namespace: lab },
    spec: spec('s1.1core', 'debian'),
  })
  assert.match((await stalledBecause('web1', 'ClaimNotFound')).message, /debian/)
})

test('when the claim comes, the instance gets its Secret and its pod', async () => {
  await client.create(persistentVolumeClaims, {
    metadata: { name: 'debian', namespace: lab },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  })
  await until('a pod', () => client.find(pods, { name: 'web1-vm', namespace: lab }))
  assert.ok(await client.find(secrets, { name: 'web1-vm', namespace: lab }))
})

test('an instance of an unknown flavor is stalled until the flavor comes', async () => {
  await client.create(ephemeralInstances, {
    metadata: { name: 'web2', namespace: lab },
    spec: spec('huge', 'debian'),
  })
  assert.match((await stalledBecause('web2', 'FlavorNotFound')).message, /huge/)
  await client.create(flavors, {
    metadata: { name: 'huge' },
    spec: { cpus: 1, memory: '64Mi', disk: '64Mi' },
  })
  await until('a pod', () => client.find(pods, { name: 'web2-vm', namespace: lab }))
})

test('an image of another namespace is refused, until the command of the refusal has been run', async () => {
  const image = await client.create(baseImages, {
    metadata: { name: 'tiny', namespace: 'images' },
    spec: { source: { upload: {} }, capacity: '64Mi', visibility: 'Cluster' } as BaseImage['spec'],
  })
  const claim = contentName(image)
  await until('its claim', () => client.find(persistentVolumeClaims, { name: claim, namespace: 'images' }))
  // As if the upload were over.
  const status = { claim, sha256: 'ab'.repeat(32), size: '65536' }
  await client.mergePatch(baseImages, image.metadata, { status }, { subresource: 'status' })

  const boot = { image: 'tiny', imageNamespace: 'images' }
  await client.create(ephemeralInstances, {
    metadata: { name: 'far', namespace: lab },
    spec: { boot, flavor: 's1.1core' } as EphemeralInstance['spec'],
  })
  const { message } = await stalledBecause('far', 'ImageNotAllowed')
  const command = message.split('kubectl ')[1] ?? ''
  await kubectl(server, ...command.split(' '))

  const pod = await until('a pod', () => client.find(pods, { name: 'far-vm', namespace: lab }))
  const mounted = pod.spec.volumes?.flatMap((one) => one.persistentVolumeClaim?.claimName ?? [])
  assert.equal(mounted, [`${claim}-c1`])
  const copy = await client.get(persistentVolumeClaims, { name: `${claim}-c1`, namespace: lab })
  assert.equal(recordOf(copy)?.of, { kind: 'BaseImage', namespace: 'images', name: 'tiny', claim })
})

test('a set gets its instances, loses one and gets it again', async () => {
  const template = { spec: spec('huge', 'debian') }
  await client.create(instanceSets, {
    metadata: { name: 'many', namespace: lab },
    spec: { replicas: 2, warm: 1, template } as InstanceSet['spec'],
  })
  const uidOf = async (name: string) =>
    (await client.find(ephemeralInstances, { name, namespace: lab }))?.metadata.uid
  const first = await until('an instance', () => uidOf('many-0'))
  await until('a spare', () => uidOf('many-2'))
  await kubectl(server, 'delete', 'ei/many-0', '--namespace', lab)
  await until('the spare in its place', async () => {
    const spare = await client.get(ephemeralInstances, { name: 'many-2', namespace: lab })
    return spare.metadata.labels?.['ephemera.dev/set-role'] === 'replica'
  })
  await until('a new one', async () => ![undefined, first].includes(await uidOf('many-0')))
  await kubectl(server, 'label', 'ei/many-1', 'ephemera.dev/instance-set-', '--namespace', lab)
  await until('it to be let go of', async () => {
    const { metadata } = await client.get(ephemeralInstances, { name: 'many-1', namespace: lab })
    return metadata.ownerReferences === undefined
  })
})

test('describe tells the story', async () => {
  await until('the event in it', async () =>
    /Events:\s+Type[\s\S]*ClaimNotFound/.test(
      await kubectl(server, 'describe', 'ei', 'web1', '--namespace', lab),
    ),
  )
})

test('it needed no right that the chart does not give', () =>
  assert.not.match(log, /forbidden|"status":403/i))

test('it ends cleanly when it is told to', async () => {
  const code = new Promise<number | null>((resolve) => operator.on('exit', resolve))
  operator.kill('SIGTERM')
  assert.is(await code, 0, log.slice(-2000))
})

test.run()

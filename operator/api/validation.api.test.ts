import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { serveCrds } from '../../hack/apiserver/serve-crds.ts'
import type { EphemeralInstance } from './ephemeral-instance.ts'
import { apiVersion } from './group.ts'
import { accepted } from './testing/accepted.ts'
import { brokenBounds } from './testing/bounds.ts'
import { refused } from './testing/refused.ts'
import { specSchema } from './testing/schema.ts'
import { but, good, type Spec, size, sized } from './testing/specs.ts'
import { whole } from './testing/whole.ts'
import { ephemeralInstances, flavors } from './types.ts'

const api = serveCrds(test)

/** Creates without keeping; the answer has the defaults filled in. */
function tryOut(spec: Spec, name = 'web1'): Promise<EphemeralInstance> {
  const instance = { apiVersion, kind: 'EphemeralInstance', metadata: { name, namespace: 'default' }, spec }
  return api.client.create(ephemeralInstances, instance as never, { dryRun: true })
}

async function refusalOf(attempt: Promise<unknown>): Promise<string> {
  return attempt.then(
    () => 'accepted',
    (error: Error) => error.message,
  )
}

for (const { name, spec, want } of refused) {
  test(`refused: ${name}`, async () => assert.match(await refusalOf(tryOut(spec)), want))
}

const bounds = brokenBounds(
  specSchema('ephemeralinstances'),
  whole.map(({ spec }) => spec),
)
for (const { name, spec, want } of bounds) {
  test(`refused: ${name}`, async () => assert.match(await refusalOf(tryOut(spec)), want))
}

for (const [name, what] of [
  ['web1.example', 'with a dot'],
  [`a${'b'.repeat(60)}`, 'of 61 characters'],
]) {
  test(`refused: a name ${what}`, async () =>
    assert.match(await refusalOf(tryOut(good, name)), /metadata\.name becomes the guest's host name/))
}

for (const { name, spec } of accepted) test(`accepted: ${name}`, async () => void (await tryOut(spec)))

test('refused: a Service for an instance whose name begins with a digit', async () =>
  assert.match(
    await refusalOf(tryOut(but({ ports: [{ name: 'ssh', port: 22 }], expose: {} }), '1web')),
    /a Service begins with a letter/,
  ))

test('accepted: the longest name', async () => void (await tryOut(good, 'a'.repeat(60))))

test('the defaults are filled in, but for the readiness, which code knows', async () => {
  const { spec } = await tryOut(but({ ports: [{ name: 'http', port: 80 }] }))
  assert.equal(spec, {
    boot: { claim: 'debian-13' },
    flavor: 's1.1core',
    sshAuthorizedKeys: [],
    powerState: 'Running',
    rebuildGeneration: 0,
    rebootGeneration: 0,
    resetGeneration: 0,
    restartPolicy: 'Always',
    ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
    accelerator: 'Auto',
    terminationGracePeriodSeconds: 30,
  })
})

const kept = (name: string, spec: Spec) => ({
  apiVersion,
  kind: 'EphemeralInstance' as const,
  metadata: { name, namespace: 'default' },
  spec: spec as EphemeralInstance['spec'],
})

for (const counter of ['rebuildGeneration', 'rebootGeneration', 'resetGeneration']) {
  test(`${counter} can be raised and not lowered`, async () => {
    const apply = (value: number) =>
      api.client.apply(ephemeralInstances, kept(`raised-${counter.toLowerCase()}`, but({ [counter]: value })))
    await apply(2)
    await apply(3)
    assert.match(await refusalOf(apply(1)), new RegExp(`${counter} can only be raised`))
  })
}

test('a later apply can change one readiness check for another, and one kind of size for the other', async () => {
  await api.client.apply(ephemeralInstances, kept('changed', but({})))
  await api.client.apply(ephemeralInstances, kept('changed', but({ readiness: { ssh: {} } })))
  await api.client.apply(ephemeralInstances, kept('changed', but({ readiness: { http: { port: 80 } } })))
  const { spec } = await api.client.apply(ephemeralInstances, kept('changed', sized({})))
  assert.is(spec.readiness, undefined)
  assert.is(spec.flavor, undefined)
})

test('the status is written apart from the spec', async () => {
  const target = { name: 'apart', namespace: 'default' }
  await api.client.apply(ephemeralInstances, kept('apart', good))
  const status = { phase: 'Ready', ips: [{ ip: '10.0.0.7' }], timings: { qemuStarted: 812 } }
  const after = await api.client.mergePatch(
    ephemeralInstances,
    target,
    { status, spec: { powerState: 'Stopped' } },
    { subresource: 'status' },
  )
  assert.equal(after.status, status)
  assert.is(after.spec.powerState, 'Running')
  assert.is(after.metadata.generation, 1)
})

test('instances can be selected by phase', async () => {
  const { items } = await api.client.list(ephemeralInstances, {
    namespace: 'default',
    fieldSelector: 'status.phase=Ready',
  })
  assert.equal(
    items.map(({ metadata }) => metadata.name),
    ['apart'],
  )
})

const badFlavors: readonly { name: string; spec: Spec; want: RegExp }[] = [
  { name: 'no memory', spec: { cpus: 1, disk: '1Gi' }, want: /spec\.memory: Required value/ },
  { name: 'no CPUs', spec: { ...size, cpus: 0 }, want: /cpus.*greater than or equal to 1/ },
  { name: 'swap without a unit', spec: { ...size, swap: 512 }, want: /swap must be at least 1Mi/ },
  { name: 'scratch that is no size', spec: { ...size, scratch: 'some' }, want: /scratch must be a quantity/ },
  {
    name: 'an overcommit below 1',
    spec: { ...size, cpuOvercommit: 0.5 },
    want: /cpuOvercommit.*greater than or equal to 1/,
  },
]
for (const { name, spec, want } of badFlavors) {
  test(`refused: a flavor with ${name}`, async () => {
    const flavor = { apiVersion, kind: 'Flavor', metadata: { name: 'x' }, spec }
    assert.match(await refusalOf(api.client.create(flavors, flavor as never, { dryRun: true })), want)
  })
}

test.run()

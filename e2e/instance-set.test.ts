import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { EphemeralInstance } from '../operator/api/ephemeral-instance.ts'
import { apiVersion } from '../operator/api/group.ts'
import { labels } from '../operator/api/labels.ts'
import { ephemeralInstances, flavors, instanceSets } from '../operator/api/types.ts'
import { findCondition, isTrue } from '../operator/kube/conditions.ts'
import { pods } from '../operator/kube/resource.ts'
import { client } from './harness/client.ts'
import { cells, kubectl } from './harness/kubectl.ts'
import { Lab } from './harness/lab.ts'
import { waitFor } from './harness/wait-for.ts'

/** As little as the guest boots with, and a share of a CPU so small that six of them fit beside what else runs. */
const small = { name: 'e2e-set' }

test.after(() => client.delete(flavors, small).catch(() => {}))
const lab = new Lab(test, 'instance-set')

test.before(async () => {
  const spec = { cpus: 1, memory: '96Mi', disk: '128Mi', cpuOvercommit: 16, description: 'For a test.' }
  await client.apply(flavors, { metadata: small, spec })
})
async function apply(spec: object, annotations: Record<string, string> = {}): Promise<void> {
  const { spec: instance } = lab.manifest('web', {
    flavor: small.name,
    terminationGracePeriodSeconds: 10,
  }) as {
    spec: object
  }
  const template = { metadata: { annotations }, spec: instance }
  const set = { apiVersion, kind: 'InstanceSet', metadata: { name: 'web' }, spec: { ...spec, template } }
  await kubectl(['apply', '--namespace', lab.namespace, '-f', '-'], { input: JSON.stringify(set) })
}

const members = async (): Promise<readonly EphemeralInstance[]> =>
  (
    await client.list(ephemeralInstances, {
      namespace: lab.namespace,
      labelSelector: `${labels.set}=web`,
    })
  ).items
const namesOf = (found: readonly EphemeralInstance[]) => found.map(({ metadata }) => metadata.name).sort()

/** Waits until the set is as it was asked for, and nothing goes on. */
const whole = async (seconds: number) => {
  const look = () => client.get(instanceSets, { name: 'web', namespace: lab.namespace })
  const { status } = await waitFor('the set to be whole', seconds, look, ({ metadata, status, spec }) => {
    const { conditions, observedGeneration, readyReplicas, warmReplicas } = status ?? {}
    return (
      observedGeneration === metadata.generation &&
      findCondition(conditions, 'Ready')?.reason === 'AllReady' &&
      findCondition(conditions, 'Reconciling') === undefined &&
      readyReplicas === spec.replicas &&
      warmReplicas === (spec.warm ?? 0)
    )
  })
  return status
}

lab.step('six VMs by one apply answer', async () => {
  await apply({ replicas: 6 })
  await whole(180)
  const found = await members()
  assert.equal(namesOf(found), ['web-0', 'web-1', 'web-2', 'web-3', 'web-4', 'web-5'])
  assert.is(new Set(found.map(({ status }) => status?.ip)).size, 6)
  assert.is(await lab.sh('web-5', 'hostname'), 'web-5')
  const [head, row] = cells(await lab.kubectl('get', 'eset', 'web'))
  assert.equal(head?.slice(0, 6), ['NAME', 'DESIRED', 'CURRENT', 'READY', 'UP-TO-DATE', 'WARM'])
  assert.equal(row?.slice(0, 6), ['web', '6', '6', '6', '6', '0'])
})

lab.step('kubectl scale takes four away and brings one back', async () => {
  await lab.kubectl('scale', 'eset/web', '--replicas=2')
  await waitFor('two VMs to be left', 30, members, ({ length }) => length === 2)
  assert.equal(namesOf(await members()), ['web-0', 'web-1'])
  await lab.kubectl('scale', 'eset/web', '--replicas=3')
  await whole(120)
  assert.equal(namesOf(await members()), ['web-0', 'web-1', 'web-2'])
})

lab.step('a new template reaches all of them, with no more than one away at a time', async () => {
  const before = (await members()).map(({ metadata }) => metadata.uid)
  await lab.kubectl('scale', 'eset/web', '--replicas=2')
  await apply({ replicas: 2, updateStrategy: { maxUnavailable: 1 } }, { version: 'two' })
  let most = 0
  const away = async () => {
    const found = await members()
    const ready = found.filter(({ status }) => isTrue(status?.conditions, 'Ready')).length
    most = Math.max(most, 2 - ready)
    return found
  }
  await waitFor(
    'all to be of the new template and Ready',
    120,
    away,
    (found) =>
      found.length === 2 &&
      found.every(
        ({ metadata, status }) =>
          metadata.annotations?.version === 'two' && isTrue(status?.conditions, 'Ready'),
      ),
  )
  assert.is(most, 1)
  assert.ok((await members()).every(({ metadata }) => !before.includes(metadata.uid)))
})

lab.step('a spare takes the place of a replica that is deleted, without a boot', async () => {
  await apply({ replicas: 1, warm: 1 }, { version: 'two' })
  await whole(120)
  const found = await members()
  const roleOf = ({ metadata }: EphemeralInstance) => metadata.labels?.[labels.setRole]
  const [replica, spare] = ['replica', 'spare'].map((role) => found.find((one) => roleOf(one) === role))
  const boot = await lab.sh(spare?.metadata.name ?? '', 'cat /proc/sys/kernel/random/boot_id')
  await lab.kubectl('delete', 'ei', replica?.metadata.name ?? '', '--wait=false')
  const began = performance.now()
  const select = { namespace: lab.namespace, labelSelector: `${labels.set}=web,${labels.setRole}=replica` }
  const selected = async () => (await client.list(pods, select)).items.map(({ metadata }) => metadata.name)
  const pod = `${spare?.metadata.name}-vm`
  await waitFor('the spare to be selected as a replica', 20, selected, (names) => names.includes(pod))
  console.log(`the spare took over within ${Math.round(performance.now() - began)} ms`)
  assert.is(await lab.sh(spare?.metadata.name ?? '', 'cat /proc/sys/kernel/random/boot_id'), boot)
})

lab.step('with the set its VMs go', async () => {
  await lab.kubectl('delete', 'eset', 'web', '--timeout=60s')
  await waitFor('no VM to be left', 60, members, ({ length }) => length === 0)
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { KubeObject } from '../kube/object.ts'
import { events, pods, type ResourceType, secrets } from '../kube/resource.ts'
import { atRest } from './testing/at-rest.ts'
import { fingerprint } from './testing/fingerprint.ts'
import { Hostile } from './testing/hostile.ts'
import type { Lab } from './testing/lab.ts'
import { seeded } from './testing/lives.ts'
import { World } from './testing/world.ts'

/** What is restored, and how: docs/reliability.md. Whatever happens, no instance ever has two VMs. */
let world: World
test.before(async () => {
  world = await World.start()
})
test.after(async () => {
  await world?.stop()
})
test.after.each(() => assert.equal(world.kubelet.vms.doubles, []))

type Print = Awaited<ReturnType<typeof fingerprint>>

/** Waits until the lab looks like this again. */
async function looksLike(lab: Lab, want: Print): Promise<void> {
  let print: Print | undefined
  const same = async () => {
    print = await fingerprint(lab, 'web1')
    return JSON.stringify(print) === JSON.stringify(want)
  }
  await lab.until('everything to be as it was', same).catch((error: unknown) => {
    assert.equal(print, want, String(error))
  })
}

async function readyLab() {
  const lab = await world.freshLab('hostile')
  const operator = await lab.operator()
  const made = await lab.create('web1')
  await lab.phase('web1', 'Ready')
  await atRest(lab, operator)
  return { lab, operator, made, hostile: new Hostile(lab), print: await fingerprint(lab, 'web1') }
}

type Harm = Exclude<keyof Hostile, 'deletePod' | 'takePod'>
const harmless: ReadonlyArray<{ name: string; harm: Harm }> = [
  { name: 'a pod whose owner is stripped', harm: 'stripOwner' },
  { name: 'a pod whose labels are stripped', harm: 'stripLabels' },
  { name: 'a pod whose annotations are stripped', harm: 'stripAnnotations' },
  { name: 'a pod that is stripped of all three', harm: 'stripAll' },
  { name: 'a pod that is labelled as of somebody else', harm: 'moveLabel' },
  { name: 'a status that is wiped', harm: 'wipeStatus' },
  { name: 'conditions that are wiped', harm: 'wipeConditions' },
  { name: 'a status that lies', harm: 'lie' },
]
for (const { name, harm } of harmless) {
  test(`restored, and the VM goes on: ${name}`, async () => {
    const { lab, operator, hostile, print } = await readyLab()
    await hostile[harm]('web1')
    await looksLike(lab, print)
    await operator.crash()
  })

  test(`restored by an operator that comes later: ${name}`, async () => {
    const { lab, operator, hostile, print } = await readyLab()
    await operator.crash()
    await hostile[harm]('web1')
    const next = await lab.operator()
    await looksLike(lab, print)
    await next.crash()
  })
}

const ofSecrets: readonly Harm[] = ['deleteSecret', 'stripOwnerOfSecret', 'stripLabelsOfSecret', 'editSecret']
for (const harm of ofSecrets) {
  test(`a Secret is put right at the next rebuild: ${harm}`, async () => {
    const { lab, operator, hostile, made } = await readyLab()
    await hostile[harm]('web1')
    await lab.change('web1', { spec: { rebuildGeneration: 1 } })
    await lab.phase('web1', 'Ready')
    const { metadata, data } = await lab.client.get(secrets, { namespace: lab.name, name: 'web1-vm' })
    assert.is(metadata.ownerReferences?.[0]?.uid, made.metadata.uid)
    assert.is(metadata.labels?.['ephemera.dev/instance'], 'web1')
    assert.equal(Object.keys(data ?? {}).sort(), ['keys.psk', 'meta-data', 'psk', 'user-data', 'vendor-data'])
    assert.match(Buffer.from(data?.psk ?? '', 'base64').toString(), /^ephemera:[0-9a-f]{64}\n$/)
    await operator.crash()
  })
}

test('pods that are deleted as soon as they are there are made ever more rarely', async () => {
  const { lab, operator, hostile } = await readyLab()
  const pod = lab.pod('web1')
  const started = world.clock.now()
  while (world.kubelet.made(pod) < 6) {
    await hostile.deletePod('web1')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  // The sixth pod is the fifth to take the place of another: at once, then after 5, 10, 20 and 40 s since the one before.
  const seconds = (world.clock.now() - started) / 1000
  assert.ok(seconds > 60, `6 pods were made within ${seconds} s`)
  await lab.phase('web1', 'Ready')
  await operator.crash()
})

test('so are pods that never live long enough to be told of, while they have no node', async () => {
  const lab = await world.freshLab('hostile')
  const operator = await lab.operator()
  const pod = lab.pod('web1')
  world.kubelet.holdAt(pod, 'pending')
  const hostile = new Hostile(lab)
  const started = world.clock.now()
  await lab.create('web1')
  while (world.kubelet.made(pod) < 6) {
    await hostile.deletePod('web1')
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  assert.ok((world.clock.now() - started) / 1000 > 60)
  await lab.reason('web1', 'Active', 'PodCreated')
  await operator.crash()
})

test('a pod that lost its owner is not left behind when its instance is deleted', async () => {
  const { lab, operator, hostile } = await readyLab()
  await operator.crash()
  await hostile.stripOwner('web1')
  await lab.delete('web1')
  const next = await lab.operator()
  await lab.until('nothing to be left', async () => {
    const left = await lab.client.list(pods, { namespace: lab.name })
    return left.items.length === 0
  })
  await next.crash()
})

test('a pod that somebody else took over is his, and no second one is made', async () => {
  const { lab, operator, hostile } = await readyLab()
  await hostile.takePod('web1')
  await lab.reason('web1', 'Stalled', 'NameTaken')
  assert.is(world.kubelet.made(lab.pod('web1')), 1)
  await hostile.deletePod('web1')
  await lab.phase('web1', 'Ready')
  await operator.crash()
})

for (const type of ['pod', 'Secret'] as const) {
  test(`a ${type} of the same name that somebody else made is left alone, and waited for`, async () => {
    const lab = await world.freshLab('hostile')
    const metadata = { namespace: lab.name, name: 'web1-vm', labels: { mine: 'yes' } }
    world.kubelet.holdAt(lab.pod('web1'), 'pending')
    if (type === 'Secret') await lab.client.create(secrets, { metadata, stringData: { a: 'b' } })
    else await lab.client.create(pods, { metadata, spec: { containers: [{ name: 'a', image: 'b' }] } })
    const operator = await lab.operator()
    await lab.create('web1')
    await lab.reason('web1', 'Stalled', 'NameTaken')
    const kind: ResourceType<KubeObject> = type === 'pod' ? pods : secrets
    assert.equal((await lab.client.get(kind, metadata)).metadata.labels, { mine: 'yes' })
    world.kubelet.holdAt(lab.pod('web1'), 'ready')
    await lab.client.delete(kind, metadata)
    await lab.phase('web1', 'Ready')
    await operator.crash()
  })
}

test('whatever happens, in whatever order, ends as it should, with no pod made that was not asked for', async () => {
  const { lab, operator, hostile, print } = await readyLab()
  const actions = Object.keys(hostile) as (keyof Hostile)[]
  const random = seeded(42)
  let deletions = 0
  for (let round = 0; round < 60; round++) {
    const action = actions[Math.floor(random() * actions.length)] ?? 'deletePod'
    if (action === 'takePod') continue
    if (action === 'deletePod') deletions++
    await hostile[action]('web1')
    if (random() < 0.3) await lab.until('the operator to be idle', () => operator.isIdle)
  }
  await lab.until('the end', async () => {
    const live = await lab.get('web1')
    const pod = await lab.client.find(pods, { namespace: lab.name, name: 'web1-vm' })
    return live?.status?.phase === 'Ready' && live.status.podUID === pod?.metadata.uid
  })
  const made = world.kubelet.made(lab.pod('web1'))
  assert.ok(made <= deletions + 1, `${made} pods for ${deletions} deletions`)
  assert.is((await fingerprint(lab, 'web1')).pods[0]?.vm, print.pods[0]?.vm)
  const told = await lab.client.list(events, { namespace: lab.name, fieldSelector: 'reason=PodRestored' })
  console.log(`60 harms: ${made} pods for ${deletions} deletions, ${told.items.length} events PodRestored`)
  await operator.crash()
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { BaseImage } from '../operator/api/base-image.ts'
import { labels } from '../operator/api/labels.ts'
import { baseImages } from '../operator/api/types.ts'
import { copyAnnotations, recordOf, recordText } from '../operator/copy/record.ts'
import { findCondition } from '../operator/kube/conditions.ts'
import { persistentVolumeClaims, pods } from '../operator/kube/resource.ts'
import { client } from './harness/client.ts'
import { importTiny } from './harness/images.ts'
import { kubectl, tryKubectl } from './harness/kubectl.ts'
import { Lab } from './harness/lab.ts'
import { waitFor } from './harness/wait-for.ts'

// Runs alone: it keeps pods off nodes.

const lab = new Lab(test, 'copies')
/** Has no image of its own. */
const other = new Lab(test, 'copies-other', { guest: 'none' })
const { namespace } = lab
const boot = { image: 'tiny' }
const here = { namespace, labelSelector: labels.copyOf }
const copies = async () => (await client.list(persistentVolumeClaims, here)).items
const workers = async () => (await client.list(pods, here)).items
const image = (): Promise<BaseImage> => client.get(baseImages, { namespace, name: 'tiny' })
/** The digest of the image as the VM's pod has it. */
const digest = async (name: string) =>
  (await lab.kubectl('exec', `${name}-vm`, '--', 'sha256sum', '/base/disk.qcow2')).split(' ')[0]

let home = ''
let away = ''
test.after(async () => {
  for (const node of [home, away]) if (node !== '') await kubectl(['uncordon', node])
})

lab.step('an image is imported, and a VM boots on the node that has it', async () => {
  await importTiny(lab)
  await lab.apply('near', { boot })
  await lab.ready('near')
  home = (await lab.status('near')).nodeName ?? ''
  assert.match(
    findCondition((await image()).status?.conditions, 'NodeLocal')?.message ?? '',
    new RegExp(`on node ${home};`),
  )
  assert.equal(await copies(), [])
})

lab.step(
  'where that node takes no more pods, a VM gets a copy on another one, of the same digest',
  async () => {
    await kubectl(['cordon', home])
    await lab.apply('far', { boot })
    await lab.ready('far')
    const { nodeName = '', boot: booted } = await lab.status('far')
    away = nodeName
    assert.is.not(away, home)
    const [copy, ...others] = await copies()
    assert.equal(others, [])
    assert.is(booted?.claim, copy?.metadata.name)
    const { status } = await image()
    assert.is(await digest('far'), status?.sha256)
    const ready = (found: BaseImage) => found.status?.copies?.[0]?.phase === 'Ready'
    const told = await waitFor('the copy in the status', 30, image, ready)
    assert.is(told.status?.copies?.[0]?.node, away)
    const message = findCondition(told.status?.conditions, 'NodeLocal')?.message ?? ''
    for (const node of [home, away]) assert.ok(message.includes(node), message)
    await waitFor('the workers to be gone', 30, workers, (left) => left.length === 0)
  },
)

lab.step('the next VM uses the copy that there is', async () => {
  await lab.apply('further', { boot })
  await lab.ready('further')
  assert.is((await lab.status('further')).nodeName, away)
  assert.is((await copies()).length, 1)
})

/** kubectl drain, of this VM alone: the cluster's own pods are no part of the test. */
const drain = (name: string, node: string, seconds: number) =>
  tryKubectl(
    [
      ...['drain', node, `--pod-selector=${labels.instance}=${name}`, `--timeout=${seconds}s`],
      ...['--ignore-daemonsets', '--delete-emptydir-data'],
    ],
    { seconds: seconds + 30 },
  )

lab.step('a drain waits for a VM whose eviction is Block, and the VM says so', async () => {
  await kubectl(['uncordon', home])
  await lab.change('far', { eviction: 'Block' })
  const budget = async () => (await tryKubectl(['get', '-n', namespace, 'pdb', 'far-vm'])).code
  await waitFor('the budget', 30, budget, (code) => code === 0)
  const before = await lab.podUid('far')
  assert.is.not((await drain('far', away, 8)).code, 0)
  const isBlocked = (status: Awaited<ReturnType<typeof lab.status>>) =>
    findCondition(status.conditions, 'DrainBlocked')?.status === 'True'
  await lab.until('far', 'DrainBlocked', isBlocked, 30)
  assert.is(await lab.podUid('far'), before)
})

lab.step('a drained VM is running elsewhere, and Ready again', async () => {
  await lab.change('far', { eviction: null })
  const budget = async () => (await tryKubectl(['get', '-n', namespace, 'pdb', 'far-vm'])).code
  await waitFor('the budget to be gone', 30, budget, (code) => code !== 0)
  const drained = await drain('far', away, 90)
  assert.is(drained.code, 0, drained.stderr)
  const { nodeName, conditions } = await lab.restarted('far', 1)
  assert.is(nodeName, home)
  assert.is(findCondition(conditions, 'DrainBlocked'), undefined)
  assert.match(await lab.kubectl('describe', 'ei', 'far'), /Drained .*node is being drained/)
  await kubectl(['uncordon', away])
})

lab.step('a VM that is to keep its disk has it on the next node, and the drain waits for that', async () => {
  await lab.change('far', { eviction: 'SnapshotThenRecreate' })
  await lab.sh('far', 'echo mine > /root/note; sync')
  const before = await lab.podUid('far')
  const since = Date.now()
  const drained = await drain('far', home, 240)
  assert.is(drained.code, 0, drained.stderr)
  console.log(`drained in ${Math.round((Date.now() - since) / 1000)} s`)
  const moved = (status: Awaited<ReturnType<typeof lab.status>>) =>
    status.podUID !== before && status.phase === 'Ready'
  const { nodeName, shelved, restarts } = await lab.until('far', 'to be elsewhere', moved)
  assert.equal([nodeName, restarts], [away, 1])
  assert.is(await lab.sh('far', 'cat /root/note'), 'mine')
  assert.match(await lab.kubectl('get', 'esnap', shelved?.snapshot ?? ''), /Ready/)
  await kubectl(['uncordon', home])
})

lab.step('a copy that no VM has had for long is deleted, and the image stays', async () => {
  await lab.kubectl('delete', 'ei', 'far', 'further', '--timeout=120s')
  const isUnused = ([copy]: Awaited<ReturnType<typeof copies>>) =>
    copy !== undefined && recordOf(copy)?.unusedSince !== undefined
  const [copy] = await waitFor('the copy to be unused', 60, copies, isUnused)
  const record = copy === undefined ? undefined : recordOf(copy)
  if (copy === undefined || record === undefined) throw new Error('there is no copy')
  const longAgo = new Date(Date.now() - 24 * 3600 * 1000).toISOString()
  const annotations = { [copyAnnotations.record]: recordText({ ...record, unusedSince: longAgo }) }
  await client.mergePatch(persistentVolumeClaims, copy.metadata, { metadata: { annotations } })
  await waitFor('the copy to be gone', 60, copies, (left) => left.length === 0)
  assert.is((await image()).status?.phase, 'Ready')
  assert.is((await lab.status('near')).phase, 'Ready')
})

lab.step(
  'a VM of another namespace is refused, and runs on a copy of its own when the command of the refusal was run',
  async () => {
    await lab.kubectl('patch', 'bimg', 'tiny', '--type=merge', '-p', '{"spec":{"visibility":"Cluster"}}')
    await other.apply('far', { boot: { ...boot, imageNamespace: namespace } })
    const refused = async () =>
      findCondition((await other.status('far')).conditions, 'Stalled')?.message ?? ''
    const message = await waitFor('the refusal', 30, refused, (text) => text.includes('kubectl '))
    await kubectl((message.split('kubectl ')[1] ?? '').split(' '))
    await other.ready('far')
    const { boot: booted } = await other.status('far')
    const { status } = await image()
    assert.is(booted?.namespace, namespace)
    const digests = await other.kubectl('exec', 'far-vm', '--', 'sha256sum', '/base/disk.qcow2')
    assert.is(digests.split(' ')[0], status?.sha256)
  },
)

test.run()

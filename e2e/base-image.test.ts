import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { BaseImage } from '../operator/api/base-image.ts'
import { apiVersion } from '../operator/api/group.ts'
import { baseImages } from '../operator/api/types.ts'
import { findCondition } from '../operator/kube/conditions.ts'
import { pods } from '../operator/kube/resource.ts'
import { client } from './harness/client.ts'
import { diskOf } from './harness/guests.ts'
import { kubectl } from './harness/kubectl.ts'
import { Lab } from './harness/lab.ts'
import { Registry } from './harness/registry.ts'
import { outputOf } from './harness/run.ts'
import { waitFor } from './harness/wait-for.ts'

const lab = new Lab(test, 'base-image')

async function apply(name: string, source: object): Promise<void> {
  const spec = { source, capacity: '200Mi' }
  const input = JSON.stringify({ apiVersion, kind: 'BaseImage', metadata: { name }, spec })
  await kubectl(['apply', '--namespace', lab.namespace, '-f', '-'], { input })
}

const reasonOf = async (name: string) => {
  const { status } = await client.get(baseImages, { namespace: lab.namespace, name })
  return findCondition(status?.conditions, 'Ready')
}

const because = (name: string, reason: string) =>
  waitFor(
    `${name} to be ${reason}`,
    90,
    () => reasonOf(name),
    (one) => one?.reason === reason,
  )

lab.step('a file is uploaded with the command that the condition gives, word for word', async () => {
  await apply('sent', { upload: {} })
  const told = await because('sent', 'WaitingForUpload')
  const command = told?.message.replace(/.*Send it with: /, '').replace('FILE', diskOf('tiny')) ?? ''
  await outputOf(
    'bash',
    ['-c', `${command.replace('kill $!', 'rc=$?; kill $!; exit $rc')} >/dev/null 2>&1`],
    { seconds: 60 },
  )
  await because('sent', 'Imported')
})

lab.step('nothing of the import is left but the claim', async () => {
  const left = () => lab.kubectl('get', 'pods,secrets', '-l', 'ephemera.dev/base-image=sent', '-o', 'name')
  // The image is there once its worker has ended; what the kubelet has to tidy up comes after it.
  await waitFor('nothing to be left', 60, left, (names) => names.trim() === '')
})

lab.step('a VM boots it, and its status says what it started from', async () => {
  await lab.apply('web1', { boot: { image: 'sent' } })
  await lab.ready('web1')
  const { status } = await client.get(baseImages, { namespace: lab.namespace, name: 'sent' })
  const { boot } = await lab.status('web1')
  assert.equal(boot, { kind: 'BaseImage', name: 'sent', claim: status?.claim, sha256: status?.sha256 })
  assert.is(await lab.sh('web1', 'hostname'), 'web1')
})

lab.step('a URL that leads into the node is refused for good', async () => {
  await apply('inside', { http: { url: 'http://127.0.0.1:10250/pods' } })
  await because('inside', 'AddressRefused')
})

/** Where the workbench serves a file of its own. */
async function served(file: string): Promise<string> {
  return `http://${await lab.workbench.address()}:8080/${file}`
}

lab.step(
  'a packed file of a web server is refused with a wrong digest, and taken with the right one',
  async () => {
    await lab.workbench.sh('gzip -c /claims/base/disk.qcow2 > /claims/tiny.gz')
    const url = await served('tiny.gz')
    await apply('fetched', { http: { url, sha256: '0'.repeat(64) } })
    const told = await because('fetched', 'DigestMismatch')
    const [sha256 = ''] = (await lab.workbench.sh('sha256sum /claims/tiny.gz')).split(' ')
    assert.ok(told?.message.includes(sha256), told?.message)
    await apply('fetched', { http: { url, sha256 } })
    await because('fetched', 'Imported')
  },
)

lab.step('what was not there is fetched once it is, when importGeneration is raised', async () => {
  await apply('late', { http: { url: await served('late.gz') } })
  assert.match((await because('late', 'HTTPError'))?.message ?? '', /404.*importGeneration/)
  await lab.workbench.sh('cp /claims/tiny.gz /claims/late.gz')
  await lab.kubectl('patch', 'bimg', 'late', '--type=merge', '-p', '{"spec":{"importGeneration":1}}')
  await because('late', 'Imported')
})

lab.step('a disk in a container image comes from a registry, named by its tag', async () => {
  const registry = await Registry.start(lab.workbench)
  const digest = await registry.push('disks/tiny:1', diskOf('tiny'))
  await apply('contained', { oci: { image: `http://${registry.host}/disks/tiny:1` } })
  await because('contained', 'Imported')
  const { status } = await client.get(baseImages, { namespace: lab.namespace, name: 'contained' })
  assert.is(status?.sourceDigest, digest)
})

lab.step(
  'an image that is to boot by UEFI does so in the next VM, and the one that runs keeps its BIOS',
  async () => {
    await lab.kubectl('patch', 'bimg', 'sent', '--type=merge', '-p', '{"spec":{"firmware":"UEFI"}}')
    const firmware = 'cat /sys/firmware/efi/fw_platform_size 2>/dev/null || echo BIOS'
    // UEFI leaves a kernel less of a small memory.
    await lab.apply('web2', {
      boot: { image: 'sent' },
      resources: { cpus: 1, memory: '256Mi', disk: '128Mi' },
    })
    await lab.ready('web2')
    assert.is(await lab.sh('web2', firmware), '64')
    assert.is((await lab.status('web2')).boot?.firmware, 'UEFI')
    assert.is(await lab.sh('web1', firmware), 'BIOS')
    await lab.kubectl('wait', 'ei/web1', '--for=condition=RestartRequired', '--timeout=60s')
    await lab.kubectl('delete', 'ei', 'web2')
  },
)

lab.step('a changed source makes a new content, and a VM that runs keeps its own', async () => {
  const { boot: before } = await lab.status('web1')
  const source = { upload: null, http: { url: await served('tiny.gz') } }
  await lab.kubectl('patch', 'bimg', 'sent', '--type=merge', '-p', JSON.stringify({ spec: { source } }))
  const isNew = (image: BaseImage) =>
    image.status?.claim !== undefined &&
    image.status.claim !== before?.claim &&
    image.status.observedGeneration === image.metadata.generation
  await waitFor(
    'the new content',
    90,
    () => client.get(baseImages, { namespace: lab.namespace, name: 'sent' }),
    isNew,
  )
  assert.equal((await lab.status('web1')).boot, before)
  assert.is(await lab.sh('web1', 'hostname'), 'web1')
  await lab.kubectl('get', 'pvc', before?.claim ?? '')
})

lab.step('an import from a claim survives the loss of its worker', async () => {
  await apply('copied', { claim: { name: 'base' } })
  const worker = await waitFor(
    'the worker',
    60,
    async () =>
      (
        await client.list(pods, {
          namespace: lab.namespace,
          labelSelector: 'ephemera.dev/base-image=copied',
        })
      ).items[0],
    (pod) => pod !== undefined,
  )
  await lab.kill(worker)
  await because('copied', 'Imported')
})

lab.step('an image that is used waits with its delete, and says for whom', async () => {
  await lab.kubectl('delete', 'bimg', 'sent', '--wait=false')
  const told = await because('sent', 'InUse')
  assert.match(told?.message ?? '', /EphemeralInstance web1/)
  await lab.kubectl('delete', 'ei', 'web1')
  await lab.kubectl('wait', '--for=delete', 'bimg/sent', '--timeout=60s')
  await waitFor(
    'the claim to be gone',
    60,
    () => lab.kubectl('get', 'pvc', '-l', 'ephemera.dev/base-image=sent', '-o', 'name'),
    (names) => names.trim() === '',
  )
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { apiVersion } from '../operator/api/group.ts'
import { baseImages } from '../operator/api/types.ts'
import { findCondition } from '../operator/kube/conditions.ts'
import { pods } from '../operator/kube/resource.ts'
import { client } from './harness/client.ts'
import { diskOf } from './harness/guests.ts'
import { kubectl } from './harness/kubectl.ts'
import { Lab } from './harness/lab.ts'
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
  const left = await lab.kubectl('get', 'pods,secrets', '-l', 'ephemera.dev/base-image=sent', '-o', 'name')
  assert.is(left.trim(), '')
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
  await lab.kubectl('delete', 'pod', worker?.metadata.name ?? '', '--grace-period=0', '--force')
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

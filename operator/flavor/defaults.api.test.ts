import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { clientOf, installCrds } from '../../hack/apiserver/connect.ts'
import { type ApiServer, startApiServer } from '../../hack/apiserver/start.ts'
import { flavors } from '../api/types.ts'
import type { KubeClient } from '../kube/client.ts'
import { silentLogger } from '../runtime/logger.ts'
import { offerDefaultFlavors } from './defaults.ts'

let server: ApiServer
let client: KubeClient
const file = join(mkdtempSync(join(tmpdir(), 'ephemera-flavors-')), 'flavors.yaml')

/** What a start of the operator does with the flavors that its installation brings. */
async function startWith(text: string): Promise<void> {
  writeFileSync(file, text)
  await offerDefaultFlavors(file, client, silentLogger)
}
const spec = async (name: string) => (await client.get(flavors, { name })).spec
const small = '{ cpus: 1, memory: 1Gi, disk: 10Gi }'

test.before(async () => {
  server = await startApiServer()
  client = clientOf(server)
  await installCrds(client)
})
test.after(async () => {
  await client?.close()
  await server?.stop()
})

test('flavors that are missing are made', async () => {
  await startWith(`{ small: ${small}, large: { cpus: 8, memory: 16Gi, disk: 80Gi } }`)
  assert.equal(await spec('small'), { cpus: 1, memory: '1Gi', disk: '10Gi' })
  assert.equal((await spec('large')).cpus, 8)
})

test('a new version of the installation brings those up to date that nobody changed', async () => {
  await startWith(`{ small: { cpus: 1, memory: 1Gi, disk: 12Gi } }`)
  assert.is((await spec('small')).disk, '12Gi')
})

test('what an administrator changed stays over restarts', async () => {
  const target = { name: 'small' }
  await client.mergePatch(flavors, target, { spec: { memory: '2Gi' } }, { fieldManager: 'kubectl-edit' })
  for (let start = 0; start < 2; start++) await startWith(`{ small: ${small} }`)
  assert.equal(await spec('small'), { cpus: 1, memory: '2Gi', disk: '12Gi' })
})

test('a flavor that is deleted comes back at the next start', async () => {
  await client.delete(flavors, { name: 'large' })
  await startWith(`{ small: ${small}, large: { cpus: 8, memory: 16Gi, disk: 80Gi } }`)
  assert.is((await spec('large')).disk, '80Gi')
})

test('a file with a mistake is refused with its path and the place', async () => {
  const refusal = await startWith('{ small: { cpus: none, memory: 1Gi, disk: 1Gi } }').then(
    () => '',
    (error: unknown) => String(error),
  )
  assert.match(refusal, `${file}: small.cpus`)
})

test.run()

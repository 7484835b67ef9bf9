import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { kubectl } from '../../hack/apiserver/kubectl.ts'
import type { KeyPair } from '../api/key-pair.ts'
import { ada, keyTypes, publicKey } from '../api/testing/public-keys.ts'
import { keyPairs } from '../api/types.ts'
import type { Lab } from '../instance/testing/lab.ts'
import type { TestOperator } from '../instance/testing/operator.ts'
import { World } from '../instance/testing/world.ts'
import { findCondition } from '../kube/conditions.ts'
import { secrets } from '../kube/resource.ts'

let world: World
let lab: Lab
let operator: TestOperator
test.before(async () => {
  world = await World.start()
  lab = await world.lab('lab')
  operator = await lab.operator()
})
test.after(async () => {
  await operator?.stop()
  await world?.stop()
})

const apply = (name: string, line: string, dryRun = false): Promise<KeyPair> =>
  lab.client.apply(keyPairs, { metadata: { name, namespace: 'lab' }, spec: { publicKey: line } }, { dryRun })

/** What the API server says to it: `accepted`, or its error. */
const outcome = (line: string): Promise<string> =>
  apply('tried', line, true).then(
    () => 'accepted',
    (error: Error) => error.message,
  )

for (const type of keyTypes) {
  test(`accepted: ${type}`, async () => {
    assert.is(await outcome(publicKey(type)), 'accepted')
    assert.is(await outcome(`${publicKey(type)} Ada's "laptop", ünïcode`), 'accepted')
  })
}

const none = /not a whole OpenSSH public key: paste the one line/
const [word, blob = ''] = ada.line.split(' ')
const refused: readonly [what: string, line: string, want: RegExp][] = [
  ['a private key', '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n', /holds a private key/],
  ['an RSA private key', '-----BEGIN RSA PRIVATE KEY-----', /holds a private key.*make a new pair/],
  ['nothing', '', none],
  ['a word', 'hello', none],
  ['a path', '~/.ssh/id_ed25519.pub', none],
  ['a certificate', `ssh-ed25519-cert-v01@openssh.com ${blob}`, none],
  ['a DSA key', `ssh-dss ${blob}`, none],
  ['a key that was cut short', `${word} ${blob.slice(0, -6)}`, none],
  ['a key that is too long', `${word} ${blob}AAAA`, none],
  ['the key of another type', `ssh-rsa ${blob}`, none],
  ['two keys', `${ada.line}\n${ada.line}`, none],
  ['options before the key', `command="true" ${ada.line}`, none],
  ['a line break at the end', `${ada.line}\n`, /without a line break/],
  ['5 KB', `ssh-rsa ${'A'.repeat(5000)}`, /Too long|may not be more than 4096/],
]
for (const [what, line, want] of refused) {
  test(`refused: ${what}`, async () => assert.match(await outcome(line), want))
}

test('a private key is refused for what it is alone', async () => {
  assert.not.match(await outcome('-----BEGIN PRIVATE KEY-----'), none)
})

test('kubectl get kp shows whose key it is, and its fingerprint', async () => {
  await apply('ada', ada.line)
  await lab.until('the fingerprint', async () => (await find('ada'))?.status?.fingerprint !== undefined)
  const [head = '', row = ''] = (await kubectl(world.server, 'get', 'kp', '-n', 'lab')).trim().split('\n')
  assert.equal(head.trim().split(/ +/), ['NAME', 'TYPE', 'FINGERPRINT', 'COMMENT', 'AGE'])
  assert.equal(row.split(/ +/).slice(0, 4), ['ada', 'ssh-ed25519', ada.fingerprint, 'ada@lab'])
})

const find = (name: string) => lab.client.find(keyPairs, { namespace: 'lab', name })

test('another key has another fingerprint, and no comment where it has none', async () => {
  await apply('moving', ada.line)
  await apply('moving', publicKey('ssh-rsa'))
  await lab.until('the new type', async () => (await find('moving'))?.status?.type === 'ssh-rsa')
  const { status, metadata } = (await find('moving')) ?? {}
  assert.is(status?.comment, undefined)
  assert.is(status?.observedGeneration, metadata?.generation)
})

/** The public keys that the VM's seed has. */
async function seeded(name: string): Promise<string> {
  const secret = await lab.client.get(secrets, { namespace: 'lab', name: `${name}-vm` })
  return Buffer.from(secret.data?.['meta-data'] ?? '', 'base64').toString()
}

test('a VM waits for a missing KeyPair, is built with its key, and gets a changed one at a rebuild', async () => {
  await lab.create('web1', { keyPairs: ['late', 'ada'] })
  const waiting = await lab.reason('web1', 'Stalled', 'KeyPairNotFound')
  assert.match(
    findCondition(waiting.status?.conditions, 'Stalled')?.message ?? '',
    /no KeyPair late in namespace lab/,
  )

  const [first, second] = [publicKey('ssh-ed25519', 1), publicKey('ssh-ed25519', 2)]
  await apply('late', first)
  const { status } = await lab.phase('web1', 'Ready')
  assert.equal(
    status?.keyPairs?.map(({ name }) => name),
    ['late', 'ada'],
  )
  assert.is(status?.keyPairs?.[1]?.fingerprint, ada.fingerprint)
  assert.match(
    await seeded('web1'),
    new RegExp(`${first.split(' ')[1]?.replaceAll('+', '.')}"\n.*${blob.replaceAll('+', '.')} ada@lab"`),
  )

  await apply('late', second)
  const changed = await lab.reason('web1', 'RestartRequired', 'ChangeWaiting')
  assert.match(
    findCondition(changed.status?.conditions, 'RestartRequired')?.message ?? '',
    /former key of late/,
  )
  assert.ok((await seeded('web1')).includes(first))
  assert.is(changed.status?.podUID, status?.podUID)

  await lab.change('web1', { spec: { rebuildGeneration: 1 } })
  await lab.until(
    'the VM to be another one',
    async () => (await lab.get('web1'))?.status?.podUID !== status?.podUID,
  )
  const after = await lab.phase('web1', 'Ready')
  assert.is(findCondition(after.status?.conditions, 'RestartRequired'), undefined)
  assert.ok((await seeded('web1')).includes(second))
})

test('a KeyPair that is deleted leaves its VMs alone', async () => {
  const before = await lab.phase('web1', 'Ready')
  await lab.client.delete(keyPairs, { namespace: 'lab', name: 'late' })
  await lab.until(
    'the operator to notice',
    () => operator.caches.keyPairs.store.get('lab', 'late') === undefined,
  )
  await lab.until('the operator to be idle', () => operator.isIdle)
  const { status } = await lab.phase('web1', 'Ready')
  assert.is(status?.podUID, before.status?.podUID)
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { KeyPair } from '../api/key-pair.ts'
import { ada, publicKey } from '../api/testing/public-keys.ts'
import { findCondition } from '../kube/conditions.ts'
import { ObjectStore } from '../kube/store.ts'
import { decide } from './decide.ts'
import { instanceSecret } from './desired/secret.ts'
import { keyPairsOf } from './key-pairs.ts'
import { statusOf } from './status.ts'
import { answering, booted, instance, observed, onNode, podOf } from './testing/build.ts'

const pair = (name: string, line: string, namespace = 'lab'): KeyPair => ({
  apiVersion: 'ephemera.dev/v1alpha1',
  kind: 'KeyPair',
  metadata: { name, namespace },
  spec: { publicKey: line },
})

/** What an instance that names these finds where there are those. */
function found(names: readonly string[], ...there: KeyPair[]) {
  const keyPairs = new ObjectStore<KeyPair>()
  for (const one of there) keyPairs.set(one)
  return keyPairsOf(instance({ keyPairs: [...names] }), { keyPairs })
}

const grace = publicKey('ssh-rsa')

test('the keys come in the order of the spec, without the line break of a .pub file', () => {
  const all = found(['grace', 'ada'], pair('ada', `${ada.line}\n`), pair('grace', grace))
  assert.is(all.kind, 'ready')
  assert.equal(all.kind === 'ready' && all.keys, [grace, ada.line])
})

test('one that is missing is named, whatever there is in other namespaces', () => {
  const all = found(['ada', 'bob', 'eve'], pair('ada', ada.line), pair('bob', grace, 'elsewhere'))
  assert.is(all.kind === 'missing' && all.reason, 'KeyPairNotFound')
  assert.match(
    all.kind === 'missing' ? all.message : '',
    /There is no KeyPair bob and no KeyPair eve in namespace lab: create/,
  )
})

test('a damaged key is told apart from a missing one', () => {
  const all = found(['ada'], pair('ada', grace.slice(0, -8)))
  assert.is(all.kind === 'missing' && all.reason, 'KeyPairInvalid')
})

test('no VM is made while a KeyPair is missing, and one is when it is there', () => {
  const one = instance({ keyPairs: ['ada'] })
  const without = decide(observed({ instance: one, keyPairs: found(['ada']) }))
  assert.equal([without.stalled?.reason, without.action], ['KeyPairNotFound', undefined])
  const made = decide(observed({ instance: one, keyPairs: found(['ada'], pair('ada', ada.line)) }))
  assert.is(made.action?.kind, 'create')
})

test('the seed holds the keys of the KeyPairs, then those of the spec', () => {
  const one = instance({ sshAuthorizedKeys: [grace] })
  const { data } = instanceSecret(one, Buffer.alloc(32), booted, [ada.line])
  const metaData = Buffer.from(data?.['meta-data'] ?? '', 'base64').toString()
  assert.ok(metaData.indexOf(ada.line) > 0 && metaData.indexOf(ada.line) < metaData.indexOf(grace), metaData)
})

const built = instance({ keyPairs: ['ada'] })
const pinned = [{ name: 'ada', fingerprint: ada.fingerprint }]
const running = onNode(podOf(built, answering, 0, 20, undefined, pinned))

for (const [what, there, waits] of [
  ['unchanged', [pair('ada', ada.line)], undefined],
  ['changed', [pair('ada', grace)], /former key of ada; .* at the next rebuild/],
  ['deleted', [], undefined],
] as const) {
  test(`a VM that runs keeps its keys when its KeyPair is ${what}`, () => {
    const now = observed({ instance: built, pod: running, keyPairs: found(['ada'], ...there) })
    const verdict = decide(now)
    const status = statusOf(now, verdict)
    assert.equal([verdict.phase, verdict.action], ['Ready', undefined])
    assert.equal(status.keyPairs, pinned)
    const message = findCondition(status.conditions, 'RestartRequired')?.message
    if (waits === undefined) assert.is(message, undefined)
    else assert.match(message ?? '', waits)
  })
}

test.run()

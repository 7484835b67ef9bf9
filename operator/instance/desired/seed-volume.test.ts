import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { InstanceSpec } from '../../api/instance-spec.ts'
import { booted, instance } from '../testing/build.ts'
import { instanceSecret } from './secret.ts'
import { seedMounts, seedVariables, seedVolumes } from './seed-volume.ts'

type VolumeItems = Readonly<{
  items?: readonly { key: string; path: string }[]
  optional?: boolean
  defaultMode?: number
}>

const rows: readonly [name: string, spec: Partial<InstanceSpec>][] = [
  ['nothing in particular', {}],
  ['user-data in a Secret', { userDataFrom: { secretKeyRef: { name: 'web', key: 'cloud' } } }],
  ['user-data in a ConfigMap', { userDataFrom: { configMapKeyRef: { name: 'web', key: 'cloud' } } }],
  ['network configuration', { networkData: 'version: 2' }],
  ['a ConfigDrive', { seedFormat: 'ConfigDrive', metadata: { a: 'b' } }],
]

for (const [name, spec] of rows) {
  for (const boot of [booted, { ...booted, defaultUser: 'ada' }]) {
    const user = boot === booted ? '' : ' and a default user'
    test(`every file that is mounted of our Secret is in it: ${name}${user}`, () => {
      const one = instance(spec)
      const { data = {} } = instanceSecret(one, Buffer.alloc(32), boot)
      const [ours] = seedVolumes(one, boot)
      const { items = [] } = (ours as { secret: VolumeItems }).secret
      assert.ok(items.length > 0)
      for (const { key } of items) assert.ok(key in data, `${key} is missing`)
    })
  }
}

test('the content of an object of the user never passes through the operator', () => {
  const one = instance({ userDataFrom: { secretKeyRef: { name: 'web', key: 'cloud' } } })
  assert.not.ok('user-data' in (instanceSecret(one, Buffer.alloc(32), booted).data ?? {}))
})

for (const kind of ['secret', 'configMap'] as const) {
  test(`a ${kind} is mounted if it is there, its key as user-data, and not for everybody to read`, () => {
    const from = { name: 'web', key: 'cloud' }
    const ref = kind === 'secret' ? { secretKeyRef: from } : { configMapKeyRef: from }
    const one = instance({ userDataFrom: ref })
    const [, theirs] = seedVolumes(one, booted)
    const nameOf = kind === 'secret' ? { secretName: 'web' } : { name: 'web' }
    assert.equal(theirs, {
      name: 'user-data',
      [kind]: { ...nameOf, items: [{ key: 'cloud', path: 'user-data' }], defaultMode: 0o440, optional: true },
    })
    assert.equal(
      seedMounts(one).map(({ mountPath, readOnly }) => [mountPath, readOnly]),
      [
        ['/seed', true],
        ['/user-data', true],
      ],
    )
    assert.match(seedVariables(one).VM_USER_DATA_FROM ?? '', / web with key cloud$/)
  })
}

test('a pod of an instance that uses none of this is as it was', () => {
  assert.equal(seedVariables(instance()), {})
  assert.equal(seedMounts(instance()), [{ name: 'seed', mountPath: '/seed', readOnly: true }])
})

const ofSnapshot = { ...booted, kind: 'Snapshot' as const, name: 'web1-1a2b3c4d' }
const shelved = { snapshot: ofSnapshot.name, rebuildGeneration: 0 }

test('a VM that is taken off its shelf has the seed that it had, to the byte: its guest takes itself for no other', () => {
  const before = instanceSecret(instance(), Buffer.alloc(32), booted)
  assert.equal(instanceSecret(instance({}, { shelved }), Buffer.alloc(32), ofSnapshot), before)
})

test('a VM that boots the Snapshot of another is told to be somebody else, also when it has a shelf of its own', () => {
  const hookOf = (one: ReturnType<typeof instance>) =>
    Buffer.from(
      instanceSecret(one, Buffer.alloc(32), ofSnapshot).data?.['vendor-data'] ?? '',
      'base64',
    ).toString()
  assert.match(hookOf(instance()), /if \{ true; \}/)
  // A rebuild has forgotten the shelf.
  assert.match(hookOf(instance({ rebuildGeneration: 1 }, { shelved })), /if \{ true; \}/)
  assert.not.match(hookOf(instance({}, { shelved })), /if \{ true; \}/)
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { BaseImage } from '../api/base-image.ts'
import type { Boot } from '../api/boot.ts'
import type { BaseImageStatus } from '../api/image-status.ts'
import type { Snapshot } from '../api/snapshot.ts'
import type { PersistentVolumeClaim } from '../kube/object.ts'
import { ObjectStore } from '../kube/store.ts'
import { bootPartOf, bootSourceOf } from './boot-source.ts'
import { decide } from './decide.ts'
import { booting, claim, flavor, instance, observed, onNode, podOf } from './testing/build.ts'

const named = (name: string): PersistentVolumeClaim => ({ ...claim, metadata: { ...claim.metadata, name } })

const status: BaseImageStatus = {
  phase: 'Ready',
  claim: 'debian-0123abcd',
  sha256: 'ab'.repeat(32),
  virtualSize: '3Gi',
  minDisk: '3Gi',
  minMemory: '512Mi',
}

const image = (of: BaseImageStatus = status): BaseImage => ({
  apiVersion: 'ephemera.dev/v1alpha1',
  kind: 'BaseImage',
  metadata: { name: 'debian', namespace: 'lab', uid: 'uid-debian' },
  spec: {
    source: { upload: {} },
    capacity: '10Gi',
    visibility: 'Namespace',
    firmware: 'BIOS',
    defaultUser: 'debian',
  },
  status: of,
})

const snapshot = (of: Snapshot['status']): Snapshot => ({
  apiVersion: 'ephemera.dev/v1alpha1',
  kind: 'Snapshot',
  metadata: { name: 'golden', namespace: 'lab', uid: 'uid-golden' },
  spec: { instance: 'web1', quiesce: 'Auto', deadlineSeconds: 60, retain: false },
  ...(of === undefined ? {} : { status: of }),
})

type World = Readonly<{
  images?: BaseImage[]
  snapshots?: Snapshot[]
  claims?: PersistentVolumeClaim[]
  mayUse?: boolean
}>

function sourceIn(boot: Boot, world: World) {
  const { images = [], snapshots = [], claims = [named('debian-0123abcd')], mayUse } = world
  const storeOf = <T extends BaseImage | Snapshot | PersistentVolumeClaim>(objects: readonly T[]) => {
    const store = new ObjectStore<T>()
    for (const object of objects) store.set(object)
    return store
  }
  const stores = { images: storeOf(images), snapshots: storeOf(snapshots), claims: storeOf(claims) }
  return bootSourceOf(instance({ boot }), stores, mayUse)
}

const fromImage = { image: 'debian' }

test('a ready image is booted from its claim, pinned by its digest', () =>
  assert.equal(sourceIn(fromImage, { images: [image()] }), {
    kind: 'ready',
    boot: {
      kind: 'BaseImage',
      name: 'debian',
      claim: 'debian-0123abcd',
      sha256: 'ab'.repeat(32),
      defaultUser: 'debian',
    },
    minDisk: '3Gi',
    minMemory: '512Mi',
  }))

const far = { image: 'debian', imageNamespace: 'images' }
function shared(visibility: BaseImage['spec']['visibility']): World {
  const { spec, ...there } = image()
  const metadata = { ...there.metadata, namespace: 'images' }
  const held = named('debian-0123abcd')
  return {
    images: [{ ...there, metadata, spec: { ...spec, visibility } }],
    claims: [{ ...held, metadata: { ...held.metadata, namespace: 'images' } }],
  }
}

test('an image of another namespace is booted where it is for the cluster and RBAC allows it', () => {
  const source = sourceIn(far, { ...shared('Cluster'), mayUse: true })
  assert.is(source.kind === 'ready' && source.boot.namespace, 'images')
})

test('an image of the own namespace needs no right, also where that is named', () => {
  const source = sourceIn({ ...far, imageNamespace: 'lab' }, { images: [image()] })
  assert.is(source.kind === 'ready' && source.boot.namespace, undefined)
})

test('a right that came later is found out without a watch', () => {
  const source = sourceIn(far, shared('Cluster'))
  const { requeueAfterSeconds } = decide(observed({ instance: instance({ boot: far }), source }))
  assert.ok(requeueAfterSeconds !== undefined && requeueAfterSeconds <= 15)
})

test('a ready snapshot is booted like an image, for the same user', () => {
  const golden = snapshot({ ...status, defaultUser: 'ada' })
  const source = sourceIn({ snapshot: 'golden' }, { snapshots: [golden] })
  assert.equal(source.kind === 'ready' && [source.boot.kind, source.boot.defaultUser], ['Snapshot', 'ada'])
})

test('the user that an image has from its Snapshot is told where the image names none', () => {
  const users = [undefined, 'debian'].map((defaultUser) => {
    const { spec, ...rest } = image({ ...status, inherited: { defaultUser: 'ada' } })
    const { defaultUser: _, ...plain } = spec
    const given = { ...rest, spec: { ...plain, ...(defaultUser === undefined ? {} : { defaultUser }) } }
    const source = sourceIn({ image: 'debian' }, { images: [given] })
    return source.kind === 'ready' && source.boot.defaultUser
  })
  assert.equal(users, ['ada', 'debian'])
})

test('an image boots by what it says, or else by what its Snapshot says, or else by BIOS', () => {
  const inherited = { firmware: 'UEFI' } as const
  const rows = [
    { firmware: undefined, inherited: {}, want: undefined },
    { firmware: 'BIOS', inherited: {}, want: undefined },
    { firmware: 'UEFI', inherited: {}, want: 'UEFI' },
    { firmware: undefined, inherited, want: 'UEFI' },
    { firmware: 'BIOS', inherited, want: undefined },
  ] as const
  for (const { firmware, inherited, want } of rows) {
    const { spec, ...rest } = image({ ...status, inherited })
    const { firmware: _, ...plain } = spec
    const given = { ...rest, spec: { ...plain, ...(firmware === undefined ? {} : { firmware }) } }
    const source = sourceIn(fromImage, { images: [given] })
    assert.is(source.kind === 'ready' && source.boot.firmware, want, `${firmware} ${inherited}`)
  }
})

test('a snapshot boots by what its VM booted by, and a claim by what the VM says of it', () => {
  const golden = snapshot({ ...status, firmware: 'UEFI' })
  const sources = [
    sourceIn({ snapshot: 'golden' }, { snapshots: [golden] }),
    sourceIn({ claim: 'debian-0123abcd', firmware: 'UEFI' }, {}),
  ]
  assert.equal(
    sources.map((one) => one.kind === 'ready' && one.boot.firmware),
    ['UEFI', 'UEFI'],
  )
})

test('what is published is booted while a new content is made, and while a delete waits', () => {
  const going = { ...image(), metadata: { ...image().metadata, deletionTimestamp: '2026-01-01T12:00:00Z' } }
  for (const one of [image({ ...status, phase: 'Importing' }), image({ ...status, phase: 'Failed' }), going])
    assert.is(sourceIn(fromImage, { images: [one] }).kind, 'ready')
})

const stalled = (message: string) => [
  {
    type: 'Stalled',
    status: 'True' as const,
    lastTransitionTime: '2026-01-01T12:00:00Z',
    reason: 'DigestMismatch',
    message,
  },
]

const rows: readonly { name: string; boot: Boot; world: World; want: [string, string]; message: RegExp }[] = [
  {
    name: 'an image that does not exist',
    boot: fromImage,
    world: {},
    want: ['missing', 'ImageNotFound'],
    message: /no BaseImage debian in namespace lab/,
  },
  {
    name: 'an image that nobody has looked at',
    boot: fromImage,
    world: { images: [image({})] },
    want: ['waiting', 'ImageNotReady'],
    message: /debian is Pending/,
  },
  {
    name: 'an image that is being made',
    boot: fromImage,
    world: { images: [image({ phase: 'Importing' })] },
    want: ['waiting', 'ImageNotReady'],
    message: /debian is Importing/,
  },
  {
    name: 'an image that failed',
    boot: fromImage,
    world: { images: [image({ phase: 'Failed', conditions: stalled('The digest is another.') })] },
    want: ['missing', 'ImageFailed'],
    message: /The digest is another/,
  },
  {
    name: 'an image whose claim is gone',
    boot: fromImage,
    world: { images: [image()], claims: [] },
    want: ['waiting', 'ImageNotReady'],
    message: /debian is Ready/,
  },
  {
    name: 'an image of another namespace that RBAC does not let it use',
    boot: far,
    world: shared('Cluster'),
    want: ['missing', 'ImageNotAllowed'],
    message: /Namespace lab may not use BaseImage debian of namespace images.*kubectl create rolebinding/,
  },
  {
    name: 'an image that does not exist, in a namespace whose images it may not use',
    boot: far,
    world: {},
    want: ['missing', 'ImageNotAllowed'],
    message: /Namespace lab may not use BaseImage debian of namespace images/,
  },
  {
    name: 'an image that is for its own namespace alone',
    boot: far,
    world: { ...shared('Namespace'), mayUse: true },
    want: ['missing', 'ImageNotAllowed'],
    message: /visibility has to be Cluster/,
  },
  {
    name: 'an image that does not exist in another namespace, whose images it may use',
    boot: far,
    world: { mayUse: true },
    want: ['missing', 'ImageNotFound'],
    message: /no BaseImage debian in namespace images/,
  },
  {
    name: 'a snapshot that does not exist',
    boot: { snapshot: 'golden' },
    world: {},
    want: ['missing', 'SnapshotNotFound'],
    message: /no Snapshot golden/,
  },
  {
    name: 'a snapshot whose claim is there, and whose content is not',
    boot: { snapshot: 'golden' },
    world: { snapshots: [snapshot({ phase: 'Snapshotting', claim: 'debian-0123abcd' })] },
    want: ['waiting', 'SnapshotNotReady'],
    message: /golden is Snapshotting/,
  },
  {
    name: 'a snapshot that failed',
    boot: { snapshot: 'golden' },
    world: { snapshots: [snapshot({ phase: 'Failed', conditions: stalled('The VM went away.') })] },
    want: ['missing', 'SnapshotFailed'],
    message: /The VM went away/,
  },
]
for (const { name, boot, world, want, message } of rows) {
  test(`not booted: ${name}`, () => {
    const source = sourceIn(boot, world)
    if (source.kind === 'ready') throw new Error('it is ready')
    assert.equal([source.kind, source.reason], want)
    assert.match(source.message, message)
  })
}

const big = { cpus: 1, memory: '512Mi', disk: '3Gi' }
const sizes: readonly { name: string; resources: typeof big; want: string; message?: RegExp }[] = [
  { name: 'exactly what it asks for is enough', resources: big, want: 'PodCreated' },
  {
    name: 'a disk that is too small is refused with both sizes',
    resources: { ...big, disk: '2Gi' },
    want: 'FlavorDiskTooSmall',
    message: /disk of 2Gi.*at least 3Gi/,
  },
  {
    name: 'too little memory is refused with both sizes',
    resources: { ...big, memory: '256Mi' },
    want: 'FlavorMemoryTooSmall',
    message: /256Mi of memory.*at least 512Mi/,
  },
]
for (const { name, resources, want, message } of sizes) {
  test(name, () => {
    const source = sourceIn(fromImage, { images: [image()] })
    const { active, action } = decide(
      observed({ instance: instance({ boot: fromImage, resources }), flavor, source }),
    )
    assert.is(active.reason, want)
    if (message !== undefined) assert.match(active.message, message)
    assert.is(action?.kind, message === undefined ? 'create' : undefined)
  })
}

const newer = image({ ...status, claim: 'debian-89abcdef' })
const both = [named('debian-0123abcd'), named('debian-89abcdef')]

test('a VM that never ran takes a new content of its image; one that runs keeps its own', () => {
  const given = instance({ boot: fromImage, resources: big })
  const before = sourceIn(fromImage, { images: [image()] })
  if (before.kind !== 'ready') throw new Error('it is not ready')
  const source = sourceIn(fromImage, { images: [newer], claims: both })
  const waits = podOf(given, {}, 0, 20, before.boot)
  assert.is(decide(observed({ instance: given, source, pod: waits })).action?.kind, 'delete')
  const runs = onNode(podOf(given, booting, 0, 20, before.boot))
  assert.is(decide(observed({ instance: given, source, pod: runs })).action, undefined)
})

test('how far an image is wakes no VM; that it is ready does', () => {
  const at = (progress: number, more: BaseImageStatus = {}) =>
    bootPartOf(image({ phase: 'Importing', progress, ...more }))
  assert.equal(at(10), at(20))
  assert.not.equal(at(10), bootPartOf(image()))
  assert.not.equal(at(10), bootPartOf(image({ phase: 'Failed', conditions: stalled('Bad.') })))
  assert.not.equal(bootPartOf(image()), bootPartOf(newer))
})

test.run()

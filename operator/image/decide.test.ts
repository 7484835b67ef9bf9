import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { BaseImage, BaseImageSpec } from '../api/base-image.ts'
import type { Firmware } from '../api/firmware.ts'
import type { BaseImageStatus } from '../api/image-status.ts'
import { config } from '../instance/testing/build.ts'
import type { PersistentVolumeClaim, Pod } from '../kube/object.ts'
import { ownerReference } from '../kube/owner.ts'
import { parseWorkerState } from '../worker/state.ts'
import { completeWords, endedWorker, workerPodIn } from '../worker/testing/pods.ts'
import { contentName, imageFinalizer } from './children.ts'
import { decide, leftovers } from './decide.ts'
import { contentWorker } from './desired.ts'
import type { Observed } from './observed.ts'
import { statusOf } from './status.ts'

const now = new Date('2026-01-01T12:00:00.000Z')
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000).toISOString()

function image(
  of: { spec?: Partial<BaseImageSpec>; status?: BaseImageStatus; meta?: object } = {},
): BaseImage {
  const http = { url: 'https://images.example.org/debian.qcow2' }
  return {
    apiVersion: 'ephemera.dev/v1alpha1',
    kind: 'BaseImage',
    metadata: {
      name: 'debian',
      namespace: 'lab',
      uid: 'uid-debian',
      generation: 1,
      finalizers: [imageFinalizer],
      ...of.meta,
    },
    spec: { source: { http }, capacity: '10Gi', visibility: 'Namespace', firmware: 'BIOS', ...of.spec },
    ...(of.status === undefined ? {} : { status: of.status }),
  }
}

const wanted = contentName(image())
const uploading: Partial<BaseImageSpec> = { source: { upload: {} } }

const claim = (name = wanted, status: PersistentVolumeClaim['status'] = { phase: 'Bound' }) =>
  ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name,
      namespace: 'lab',
      uid: `uid-${name}`,
      ownerReferences: [ownerReference(image(), { namespace: 'lab' })],
    },
    spec: { storageClassName: 'standard' },
    status,
  }) as PersistentVolumeClaim

/** A worker of the image, made so many seconds ago. */
const worker = (pod: Pod, more: Partial<Pod['metadata']> = {}, secondsOld = 60): Pod => ({
  ...pod,
  metadata: { ...pod.metadata, name: wanted, creationTimestamp: ago(secondsOld), ...more },
})
const onNode = (pod: Pod): Pod => ({ ...pod, spec: { ...pod.spec, nodeName: 'worker-1' } })
const running = onNode(worker(workerPodIn('Running', { running: { startedAt: ago(30) } })))
const unschedulable = (message: string, secondsOld?: number) => {
  const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }]
  return worker(workerPodIn('Pending', undefined, { conditions }), {}, secondsOld)
}

function observed(of: Partial<Observed> = {}): Observed {
  const mine = of.image ?? image()
  const held = 'claim' in of ? of.claim : claim()
  return {
    image: mine,
    wanted: contentName(mine),
    claim: held,
    pod: undefined,
    claims: held === undefined ? [] : [held],
    pods: of.pod === undefined ? [] : [of.pod],
    source: { kind: 'ready' },
    copies: { copies: [], places: undefined },
    users: [],
    claimsInUse: new Set(),
    worker: undefined,
    now,
    ...of,
  }
}

const content = { claim: wanted, sha256: 'ab'.repeat(32), virtualSize: '3Gi', size: '1Gi', format: 'qcow2' }
const published: BaseImageStatus = { ...content, phase: 'Ready', importedAt: ago(600) }
const failing = (permanent: boolean, secondsAgo: number, failures = 1): BaseImageStatus => ({
  import: {
    claim: wanted,
    startedAt: ago(600),
    podUID: 'uid-pod',
    failures,
    lastFailure: {
      reason: 'HTTPError',
      message: 'The server answers 503.',
      permanent,
      at: ago(secondsAgo),
      podUID: 'uid-pod',
    },
  },
})
const sized = (storage: string) => claim(wanted, { phase: 'Bound', capacity: { storage } })
/** The image found no room in a claim of this size, a while ago. */
const withoutRoom = (claimSize: string): BaseImageStatus => {
  const { import: work } = failing(true, 60)
  const lastFailure = { ...work?.lastFailure, reason: 'NoSpace', message: 'It is full.', claimSize }
  return { import: { ...work, lastFailure } as BaseImageStatus['import'] }
}
/** The worker found, a while ago, that the image does not boot by this. */
const notBooting = (firmware: Firmware): BaseImageStatus => {
  const { import: work } = failing(true, 60)
  const lastFailure = { ...work?.lastFailure, reason: 'NotBootable', message: 'No.', firmware }
  return { import: { ...work, lastFailure } as BaseImageStatus['import'] }
}
const deleted = { deletionTimestamp: ago(5) }

const rows: readonly {
  name: string
  given: Observed
  want: readonly [string, string]
  action?: string
  message?: RegExp
  stalled?: true
}[] = [
  {
    name: 'a new image is protected before anything is made for it',
    given: observed({ image: image({ meta: { finalizers: [] } }), claim: undefined }),
    want: ['Pending', 'Pending'],
    action: 'protect',
  },
  {
    name: 'then it gets a claim',
    given: observed({ claim: undefined }),
    want: ['Pending', 'Starting'],
    action: 'createClaim',
  },
  { name: 'then a worker', given: observed(), want: ['Pending', 'Starting'], action: 'createWorker' },
  {
    name: 'without its source it gets neither',
    given: observed({ claim: undefined, source: { kind: 'missing', message: 'There is no claim.' } }),
    want: ['Pending', 'SourceNotFound'],
    stalled: true,
  },
  {
    name: 'a snapshot that failed is not waited for',
    given: observed({ claim: undefined, source: { kind: 'failed', message: 'It failed.' } }),
    want: ['Pending', 'SourceFailed'],
    stalled: true,
  },
  {
    name: 'a snapshot that is on its way is waited for',
    given: observed({ claim: undefined, source: { kind: 'waiting', message: 'It is Snapshotting.' } }),
    want: ['Pending', 'SourceNotReady'],
  },
  {
    name: 'a worker that runs is at work',
    given: observed({ pod: running, worker: parseWorkerState('{"phase":"Converting","progress":50}') }),
    want: ['Importing', 'Importing'],
  },
  {
    name: 'a worker that makes itself ready for an upload does not wait for it yet',
    given: observed({ image: image({ spec: uploading }), pod: running }),
    want: ['Importing', 'Starting'],
  },
  {
    name: 'an upload that is waited for is told with its command',
    given: observed({
      image: image({ spec: uploading }),
      pod: running,
      worker: parseWorkerState('{"phase":"Receiving","bytes":0}'),
    }),
    want: ['Importing', 'WaitingForUpload'],
    message: /kubectl -n lab port-forward pod\/debian-\w+ 10779 .*curl -f -T FILE .*127\.0\.0\.1:10779/,
  },
  {
    name: 'an upload that comes in is at work',
    given: observed({
      image: image({ spec: uploading }),
      pod: running,
      worker: parseWorkerState('{"phase":"Receiving","bytes":10}'),
    }),
    want: ['Importing', 'Importing'],
  },
  {
    name: 'no default StorageClass is told',
    given: observed({
      claim: { ...claim(wanted, { phase: 'Pending' }), spec: {} } as PersistentVolumeClaim,
      pod: unschedulable('pod has unbound immediate PersistentVolumeClaims'),
    }),
    want: ['Pending', 'ClaimPending'],
    message: /no default StorageClass: set spec\.storageClassName/,
    stalled: true,
  },
  {
    name: 'a StorageClass that provides nothing is told, after a while',
    given: observed({ claim: claim(wanted, { phase: 'Pending' }), pod: worker(workerPodIn('Pending')) }),
    want: ['Pending', 'ClaimPending'],
    message: /StorageClass standard has not provided one/,
    stalled: true,
  },
  {
    name: 'a provisioner gets some time',
    given: observed({
      claim: claim(wanted, { phase: 'Pending' }),
      pod: unschedulable('pod has unbound immediate PersistentVolumeClaims', 5),
    }),
    want: ['Pending', 'ClaimPending'],
  },
  {
    name: 'a claim that is bound is not the reason why no node takes the pod',
    given: observed({ pod: unschedulable('Insufficient memory.') }),
    want: ['Pending', 'Unschedulable'],
    message: /Insufficient memory/,
  },
  {
    name: "a runner's image that cannot be had is told",
    given: observed({ pod: onNode(worker(workerPodIn('Pending', { waiting: { reason: 'ErrImagePull' } }))) }),
    want: ['Pending', 'ImagePullFailed'],
    stalled: true,
  },
  {
    name: 'what the worker made is published',
    given: observed({ pod: worker(endedWorker(0, completeWords)) }),
    want: ['Ready', 'Imported'],
  },
  {
    name: 'what is published stays so',
    given: observed({ image: image({ status: published }) }),
    want: ['Ready', 'Imported'],
  },
  {
    name: 'a published content whose claim is gone is taken back before it is made again',
    given: observed({ image: image({ status: published }), claim: undefined }),
    want: ['Pending', 'ClaimLost'],
  },
  {
    name: 'a claim that is going is told',
    given: observed({ image: image({ status: published }), claim: claim(wanted, { phase: 'Lost' }) }),
    want: ['Pending', 'ClaimLost'],
    stalled: true,
  },
  {
    name: 'a failure that may heal is told with the next try',
    given: observed({ pod: worker(endedWorker(1, { reason: 'HTTPError', message: 'It answers 503.' })) }),
    want: ['Importing', 'HTTPError'],
    message: /It answers 503\. It is tried again 5 s after/,
  },
  {
    name: 'a claim without room stalls, with its size and the one that was asked for',
    given: observed({
      pod: worker(endedWorker(1, { reason: 'NoSpace', message: 'It is full, with 9 GiB.' })),
    }),
    want: ['Failed', 'NoSpace'],
    message: /It is full, with 9 GiB\. spec\.capacity is 10Gi: raise it/,
    stalled: true,
  },
  {
    name: 'and stays so for an hour',
    given: observed({ image: image({ status: withoutRoom('10Gi') }), claim: sized('10Gi') }),
    want: ['Failed', 'NoSpace'],
    stalled: true,
  },
  {
    name: 'but for a claim that was enlarged it is tried again at once',
    given: observed({ image: image({ status: withoutRoom('10Gi') }), claim: sized('20Gi') }),
    want: ['Pending', 'Starting'],
    action: 'createWorker',
  },
  {
    name: 'as it is with a larger capacity, in a claim of its own',
    given: observed({
      image: image({ status: withoutRoom('10Gi'), spec: { capacity: '20Gi' } }),
      claim: undefined,
    }),
    want: ['Pending', 'Starting'],
    action: 'createClaim',
  },
  {
    name: 'a failure for good stalls',
    given: observed({ pod: worker(endedWorker(2, { reason: 'NotBootable', message: 'No boot sector.' })) }),
    want: ['Failed', 'NotBootable'],
    message: /No boot sector\. Correct spec\.source or spec\.firmware, or .* raise spec\.importGeneration/,
    stalled: true,
  },
  {
    name: 'what does not boot as it is to boot is not tried again as it is',
    given: observed({ image: image({ status: notBooting('UEFI'), spec: { firmware: 'UEFI' } }) }),
    want: ['Failed', 'NotBootable'],
    stalled: true,
  },
  {
    name: 'what is to boot by another firmware than it was tried with is tried again at once',
    given: observed({ image: image({ status: notBooting('BIOS'), spec: { firmware: 'UEFI' } }) }),
    want: ['Pending', 'Starting'],
    action: 'createWorker',
  },
  {
    name: 'a failure for good stays, without its pod',
    given: observed({ image: image({ status: failing(true, 3599) }) }),
    want: ['Failed', 'HTTPError'],
    stalled: true,
  },
  {
    name: 'and is tried again after an hour all the same',
    given: observed({ image: image({ status: failing(true, 3600) }) }),
    want: ['Pending', 'Starting'],
    action: 'createWorker',
  },
  {
    name: 'but not before its pod is gone',
    given: observed({
      image: image({ status: failing(true, 3600) }),
      pod: worker(endedWorker(2, { reason: 'HTTPError', message: 'The server answers 404.' })),
    }),
    want: ['Failed', 'HTTPError'],
    stalled: true,
  },
  {
    name: 'the pod of that try is what counts then',
    given: observed({
      image: image({ status: failing(true, 3700) }),
      pod: { ...running, metadata: { ...running.metadata, uid: 'uid-next' } },
    }),
    want: ['Importing', 'Importing'],
  },
  {
    name: 'a worker that is gone without a word was lost',
    given: observed({
      image: image({ status: { import: { claim: wanted, startedAt: ago(9), podUID: 'uid-x' } } }),
    }),
    want: ['Importing', 'WorkerLost'],
  },
  {
    name: 'the next try waits',
    given: observed({ image: image({ status: failing(false, 9, 2) }) }),
    want: ['Importing', 'HTTPError'],
  },
  {
    name: 'and is made when it is due',
    given: observed({ image: image({ status: failing(false, 11, 2) }) }),
    want: ['Pending', 'Starting'],
    action: 'createWorker',
  },
  {
    name: 'what failed of another content does not count',
    given: observed({
      image: image({ status: failing(true, 1), spec: { capacity: '20Gi' } }),
      claim: undefined,
    }),
    want: ['Pending', 'Starting'],
    action: 'createClaim',
  },
  {
    name: 'somebody else has the name of the claim',
    given: observed({ claim: { ...claim(), metadata: { name: wanted, namespace: 'lab' } } }),
    want: ['Pending', 'NameTaken'],
    stalled: true,
  },
  {
    name: 'an unused image goes',
    given: observed({ image: image({ status: published, meta: deleted }) }),
    want: ['Deleting', 'Deleting'],
    action: 'release',
  },
  {
    name: 'a used image waits, and names its users',
    given: observed({
      image: image({ status: published, meta: deleted }),
      users: Array.from({ length: 10 }, (_, n) => ({ kind: 'EphemeralInstance', name: `web${n}` })),
    }),
    want: ['Deleting', 'InUse'],
    message: /used by EphemeralInstance web0, .* and 2 more: delete them/,
  },
]
for (const { name, given, want, action, message, stalled } of rows) {
  test(name, () => {
    const verdict = decide(given)
    assert.equal([verdict.phase, verdict.reason], want)
    assert.is(verdict.action, action)
    assert.is(verdict.isStalled, stalled)
    if (message !== undefined) assert.match(verdict.message, message)
    const types = statusOf(given, verdict).conditions?.map(({ type, status }) => `${type} ${status}`)
    const rest = stalled === true ? ['Stalled True'] : ['Reconciling True']
    assert.equal(types, want[0] === 'Ready' ? ['Ready True'] : ['Ready False', ...rest])
  })
}

test('the same content has the same name, another source, size, class or image another', () => {
  const names = [
    image(),
    image({ spec: uploading }),
    image({ spec: { capacity: '1Gi' } }),
    image({ spec: { storageClassName: 'fast' } }),
    image({ spec: { importGeneration: 1 } }),
    image({ spec: { importGeneration: 2 } }),
    image({ meta: { uid: 'uid-2' } }),
  ].map(contentName)
  assert.is(new Set(names).size, names.length)
  assert.is(contentName(image({ spec: { importGeneration: 0 } })), wanted)
  assert.is(contentName(image({ spec: { minDisk: '1Gi', os: 'Debian' }, status: published })), wanted)
})

test('the status has what was made, and the disk that a VM must have', () => {
  const given = observed({
    image: image({ spec: { minDisk: '100Mi' } }),
    pod: worker(endedWorker(0, completeWords)),
  })
  const { importMs, importedAt, conditions: _, ...status } = statusOf(given, decide(given))
  assert.is(importMs, 60_000)
  assert.is(importedAt, now.toISOString())
  assert.equal(status, {
    observedGeneration: 1,
    phase: 'Ready',
    progress: 100,
    claim: wanted,
    sha256: completeWords.sha256,
    virtualSize: '1Gi',
    size: '64Ki',
    format: 'qcow2',
    sourceDigest: completeWords.sourceDigest,
    minDisk: '1Gi',
    usedByCount: 0,
  })
})

test('what is noted of a claim without room is its size, for which no retry is of use', () => {
  const full = worker(endedWorker(1, { reason: 'NoSpace', message: 'It is full.' }))
  const given = observed({ pod: full, claim: sized('9Gi') })
  const { lastFailure } = statusOf(given, decide(given)).import ?? {}
  assert.equal([lastFailure?.permanent, lastFailure?.claimSize], [true, '9Gi'])
})

test('what is noted of an image that is not bootable is what its worker was told of its firmware, whatever the spec says by then', () => {
  const spec = { firmware: 'UEFI' } as const
  const told = contentWorker({ image: image(), name: wanted, source: { kind: 'ready' }, config })
  const ended = worker(endedWorker(2, { reason: 'NotBootable', message: 'No.' }))
  const given = observed({ image: image({ spec }), pod: { ...ended, spec: told.spec ?? ended.spec } })
  assert.is(statusOf(given, decide(given)).import?.lastFailure?.firmware, 'BIOS')
})

test('what a Snapshot asks of VMs is noted with what is made from it, and stays with that', () => {
  const inherits = { minDisk: '3Gi', minMemory: '512Mi', defaultUser: 'ada', firmware: 'UEFI' } as const
  const pod = worker(endedWorker(0, completeWords))
  const just = observed({ pod, source: { kind: 'ready', inherits } })
  const status = statusOf(just, decide(just))
  assert.equal([status.inherited, status.minDisk, status.minMemory], [inherits, '3Gi', '512Mi'])
  const later = observed({ image: image({ status, spec: { minDisk: '2Gi', minMemory: '64Mi' } }) })
  const next = statusOf(later, decide(later))
  assert.equal([next.inherited, next.minDisk, next.minMemory], [inherits, '2Gi', '64Mi'])
})

test('while a new content is made, and when it fails, the old one stays published', () => {
  const old = claim('debian-00000000')
  const status = { ...published, claim: 'debian-00000000' }
  for (const pod of [running, worker(endedWorker(2, { reason: 'NotBootable', message: 'No.' }))]) {
    const given = observed({ image: image({ status }), pod, claims: [old, claim()] })
    const next = statusOf(given, decide(given))
    assert.is(next.claim, 'debian-00000000')
    assert.is(next.conditions?.[0]?.status, 'False')
    assert.equal(leftovers(given, next).claims, [])
  }
})

test('the old claim goes when the new one is settled and nothing uses it', () => {
  const old = claim('debian-00000000')
  const of = (importedAt: string, claimsInUse: string[] = []) => {
    const status = { ...published, importedAt }
    const given = observed({
      image: image({ status }),
      claims: [old, claim()],
      claimsInUse: new Set(claimsInUse),
    })
    return leftovers(given, status)
  }
  assert.equal(of(ago(600)).claims, [old])
  assert.equal(of(ago(600), ['debian-00000000']).claims, [])
  assert.equal(of(ago(1)).claims, [])
  assert.is(of(ago(1)).lookAgainSeconds, 30)
})

test.run()

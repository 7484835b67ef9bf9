import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { BaseImage } from '../api/base-image.ts'
import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import type { Flavor } from '../api/flavor.ts'
import type { KeyPair } from '../api/key-pair.ts'
import type { Snapshot } from '../api/snapshot.ts'
import { unreachableControl } from '../control/testing/unreachable.ts'
import type { Applier } from '../kube/apply.ts'
import type { KubeClient } from '../kube/client.ts'
import { KubeError } from '../kube/errors.ts'
import { keyOf, type PersistentVolume, type PersistentVolumeClaim, type Pod } from '../kube/object.ts'
import { ObjectStore } from '../kube/store.ts'
import { Findings } from '../runtime/findings.ts'
import { silentLogger } from '../runtime/logger.ts'
import { snapshotIndexes } from '../snapshot/sources.ts'
import { InstanceReconciler } from './reconcile.ts'
import { answering, claim, config, instance, now, onNode, podOf, terminating } from './testing/build.ts'

const leaveAsIs: Applier['applyStatus'] = async (_type, object) => ({ object, outcome: 'unchanged' })

/** A reconciler over stores that show only what the test puts there, and the UIDs of the pods that it tells to go. */
function world(spec: Parameters<typeof instance>[0], applyStatus: Applier['applyStatus'] = leaveAsIs) {
  const instances = new ObjectStore<EphemeralInstance>()
  const pods = new ObjectStore<Pod>()
  const claims = new ObjectStore<PersistentVolumeClaim>()
  const one = instance(spec)
  instances.set(one)
  claims.set(claim)
  const deleted: (string | undefined)[] = []
  const client = {
    delete: async (_type: unknown, _target: unknown, { uid }: { uid?: string }) => {
      deleted.push(uid)
    },
  } as unknown as KubeClient
  const applier = { applyStatus } as unknown as Applier
  const reconciler = new InstanceReconciler({
    sources: {
      instances,
      flavors: new ObjectStore<Flavor>(),
      keyPairs: new ObjectStore<KeyPair>(),
      images: new ObjectStore<BaseImage>(),
      snapshots: new ObjectStore<Snapshot>({ indexes: snapshotIndexes }),
      claims,
      volumes: new ObjectStore<PersistentVolume>(),
      pods,
      services: new ObjectStore(),
      nodes: new ObjectStore(),
      securityGroups: new ObjectStore(),
    },
    findings: new Findings(),
    client,
    applier,
    access: { mayUse: async () => false },
    events: { record: () => undefined },
    control: unreachableControl,
    masterKey: Buffer.alloc(32),
    config,
    now: () => now,
  })
  const context = { signal: new AbortController().signal, log: silentLogger, reconcileId: 'test' }
  return { pods, deleted, look: () => reconciler.reconcile(keyOf(one), context) }
}

test('a pod is told to go once, however long the cache shows it as if it had not been', async () => {
  const { pods, deleted, look } = world({ powerState: 'Stopped' })
  const pod = onNode(podOf(instance(), answering))
  pods.set(pod)
  for (let round = 0; round < 3; round++) await look()
  pods.set(terminating(pod))
  await look()
  assert.equal(deleted, ['uid-pod'])
})

test('another pod in its place is told to go as well', async () => {
  const { pods, deleted, look } = world({ powerState: 'Stopped' })
  const pod = onNode(podOf(instance(), answering))
  pods.set(pod)
  await look()
  pods.set({ ...pod, metadata: { ...pod.metadata, uid: 'uid-second' } })
  await look()
  assert.equal(deleted, ['uid-pod', 'uid-second'])
})

test('an instance that is deleted while it is looked at is no failure', async () => {
  const gone = new KubeError({
    status: 404,
    reason: 'NotFound',
    message: 'ephemeralinstances "web" not found',
  })
  const { look } = world({ powerState: 'Stopped' }, () => Promise.reject(gone))
  assert.equal(await look(), {})
})

test('any other fault of the write of a status is', async () => {
  const broken = new KubeError({ status: 500, reason: 'InternalError', message: 'etcd is away' })
  const { look } = world({ powerState: 'Stopped' }, () => Promise.reject(broken))
  const error = await look().then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  assert.is(error, broken)
})

test.run()

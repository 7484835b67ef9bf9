import type { EphemeralInstance } from '../../api/ephemeral-instance.ts'
import type { Flavor } from '../../api/flavor.ts'
import type { InstanceSpec } from '../../api/instance-spec.ts'
import type { Booted } from '../../api/instance-status.ts'
import type { PinnedKeyPairs } from '../../api/key-pairs.ts'
import type { Config } from '../../config.ts'
import type { PersistentVolumeClaim, Pod } from '../../kube/object.ts'
import { ObjectStore } from '../../kube/store.ts'
import { bootSourceOf } from '../boot-source.ts'
import { type PodInput, vmPod } from '../desired/pod.ts'
import type { DiskVolume } from '../desired/volumes.ts'
import { noKeyPairs } from '../key-pairs.ts'
import type { Observed } from '../observed.ts'
import { sizeOf } from '../size.ts'

/** The moment at which the tests stand. */
export const now = new Date('2026-01-01T12:00:00.000Z')
/** RFC 3339 of so many seconds before `now`. */
export const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000).toISOString()

export const config: Config = {
  namespace: 'ephemera-system',
  runnerImage: 'ephemera/runner:test',
  runnerImagePullPolicy: 'IfNotPresent',
  cpuOvercommit: 4,
  kvmResource: '',
  networkBackend: 'passt',
  imageAllowCidrs: [],
  imageMaxVirtualSize: '1Ti',
  imageDeadlineSeconds: 21_600,
  imageCopyKeepSeconds: 20,
  nodeLossSeconds: 20,
  flavorsFile: '',
  workers: 1,
  leaderElection: false,
  leaseSeconds: 15,
  logLevel: 'info',
  healthPort: 8081,
  metricsPort: 8080,
}

/** An instance `web1` in `lab` with a good spec, some of it changed. */
export function instance(
  spec: Partial<InstanceSpec> = {},
  status?: EphemeralInstance['status'],
): EphemeralInstance {
  return {
    apiVersion: 'ephemera.dev/v1alpha1',
    kind: 'EphemeralInstance',
    metadata: { name: 'web1', namespace: 'lab', uid: 'uid-web1', generation: 1, resourceVersion: '1' },
    spec: {
      boot: { claim: 'tiny' },
      resources: { cpus: 1, memory: '128Mi', disk: '1Gi' },
      sshAuthorizedKeys: [],
      powerState: 'Running',
      rebuildGeneration: 0,
      rebootGeneration: 0,
      resetGeneration: 0,
      restartPolicy: 'Always',
      ports: [],
      accelerator: 'Auto',
      terminationGracePeriodSeconds: 30,
      ...spec,
    },
    ...(status === undefined ? {} : { status }),
  }
}

export const claim: PersistentVolumeClaim = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'tiny', namespace: 'lab' },
  status: { phase: 'Bound' },
}

/** What those instances boot. */
export const booted: Booted = { kind: 'PersistentVolumeClaim', name: 'tiny', claim: 'tiny' }

export const flavor: Flavor = {
  apiVersion: 'ephemera.dev/v1alpha1',
  kind: 'Flavor',
  metadata: { name: 's1.1core' },
  spec: { cpus: 1, memory: '1Gi', disk: '10Gi' },
}

type PodStatus = NonNullable<Pod['status']>

/** The pod that the operator makes for an instance, with this status of the kubelet's. */
export function podOf(
  owner: EphemeralInstance,
  status: Partial<PodStatus> = {},
  restartsBefore = 0,
  secondsOld = 20,
  boot: Booted = booted,
  keyPairs: PinnedKeyPairs = [],
  volumes: readonly DiskVolume[] = [],
  more: Partial<PodInput> = {},
): Pod {
  const size = sizeOf(owner.spec, flavor)
  if (size === undefined) throw new Error('the instance has no size')
  const intent = vmPod({
    instance: owner,
    size,
    boot,
    keyPairs,
    volumes,
    config,
    restartsBefore,
    createdAt: ago(secondsOld),
    ...more,
  })
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    ...intent,
    metadata: { ...intent.metadata, uid: 'uid-pod', creationTimestamp: ago(20) },
    status: { phase: 'Pending', ...status },
  } as Pod
}

/** The same pod, told to go. */
export const terminating = (pod: Pod): Pod => ({
  ...pod,
  metadata: { ...pod.metadata, deletionTimestamp: ago(1) },
})

/** The same pod on a node. */
export const onNode = (pod: Pod): Pod => ({ ...pod, spec: { ...pod.spec, nodeName: 'worker-1' } })

type ContainerStatus = NonNullable<PodStatus['containerStatuses']>[number]

/** A kubelet's word on a pod whose one container is in this state. */
export function container(state: Partial<ContainerStatus>, phase = 'Running'): Partial<PodStatus> {
  const one = { name: 'vm', image: '', imageID: '', ready: false, restartCount: 0, ...state }
  return { phase, podIPs: [{ ip: '10.244.1.5' }], containerStatuses: [one] }
}

/** QEMU does not run yet. */
export const preparing = container({ state: { running: { startedAt: ago(10) } }, started: false })
/** QEMU runs. */
export const booting = container({ state: { running: { startedAt: ago(10) } }, started: true })
/** The guest answered. */
export const answering = container({ state: { running: { startedAt: ago(10) } }, started: true, ready: true })

/** How the runner reports its end. */
export const ending = (exitCode: number, reason: string, message: string) => ({
  terminated: { exitCode, finishedAt: ago(1), message: JSON.stringify({ reason, message }) },
})

/** What was observed of an instance, all in order but for what is given. `claim`: the one claim that there is. */
export function observed({
  claim: only,
  ...of
}: Partial<Observed> & Pick<Observed, 'instance'> & { claim?: PersistentVolumeClaim | 'none' }): Observed {
  const claims = new ObjectStore<PersistentVolumeClaim>()
  if (only !== 'none') claims.set(only ?? claim)
  return {
    flavor: of.instance.spec.flavor === 's1.1core' ? flavor : undefined,
    keyPairs: noKeyPairs,
    content: undefined,
    home: undefined,
    claims: [],
    under: undefined,
    volumes: [],
    source: bootSourceOf(of.instance, { claims, images: new ObjectStore(), snapshots: new ObjectStore() }),
    pod: undefined,
    made: undefined,
    runner: undefined,
    exposing: undefined,
    node: undefined,
    faults: [],
    config,
    now,
    ...of,
  }
}

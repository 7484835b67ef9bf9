import type { EphemeralInstance } from '../../api/ephemeral-instance.ts'
import { controlPortName, reservedPorts } from '../../api/guest-port.ts'
import type { Booted } from '../../api/instance-status.ts'
import type { PinnedKeyPairs } from '../../api/key-pairs.ts'
import { type Readiness, readinessOf } from '../../api/readiness.ts'
import type { Config } from '../../config.ts'
import { controlPort } from '../../control/connect.ts'
import type { Requirement } from '../../copy/place.ts'
import type { Intent, Pod } from '../../kube/object.ts'
import { restrictedContainer, restrictedPod, secretVolume } from '../../pod/restricted.ts'
import { acceleratorArguments, qemuArguments } from '../../qemu/argv.ts'
import { firmwareVariable } from '../../qemu/firmware.ts'
import { runDirectory } from '../../qemu/sockets.ts'
import { whyWithoutKvm } from '../accelerator.ts'
import { childLabels, childMetadata, childName, securityLabels } from '../children.ts'
import { raised } from '../counters.ts'
import { instancesService } from '../hostname.ts'
import { type Size, scratchDisks } from '../size.ts'
import { specHash } from '../spec-hash.ts'
import {
  ephemeralStorageBytes,
  ephemeralStorageLimitBytes,
  fleeceLimitBytes,
  overlayVolumeBytes,
} from './disk.ts'
import { livenessVariables } from './liveness.ts'
import { podMemoryBytes, podMemoryLimitBytes } from './memory.ts'
import { groupLabels, placementOf } from './placement.ts'
import { forwardedPorts } from './ports.ts'
import { type PodRecord, recordVariable } from './record.ts'
import { scratchBytes, scratchPath, scratchVariable } from './scratch.ts'
import { secretKeys } from './secret.ts'
import { seedMounts, seedVariables, seedVolumes } from './seed-volume.ts'
import { type DiskVolume, diskPath, volumeParts } from './volumes.ts'

/** The pod's one container. */
export const containerName = 'vm'

/** Where the kubelet asks whether QEMU runs (/started) and whether the guest answered (/ready). */
export const probePort = reservedPorts.first + 8

const mebibyte = 1024 * 1024

/**
 * CPUs beyond the guest's own in the pod's limit: QEMU serves disk and network in threads of its own, and so does the TLS of a
 * snapshot. Within the guest's own they would take its time slices, and the kernel would stop all of it for the rest of a period.
 */
const qemuCpus = 1

export type PodInput = Readonly<{
  instance: EphemeralInstance
  size: Size
  /** What the disk is made over. */
  boot: Booted
  /** The KeyPairs whose keys it is given. Default: none. */
  keyPairs?: PinnedKeyPairs
  /** Where it must not run. Default: nowhere. */
  avoid?: readonly Requirement[]
  /** Whether a node offers KVM. Default: one does. */
  isKvmOffered?: boolean
  /** Whether a pod that asked for KVM waited in vain. Default: none did. */
  isKvmTaken?: boolean
  /** Claims as further disks. Default: none. */
  volumes?: readonly DiskVolume[]
  config: Pick<
    Config,
    | 'runnerImage'
    | 'runnerImagePullPolicy'
    | 'cpuOvercommit'
    | 'kvmResource'
    | 'networkBackend'
    | 'nodeLossSeconds'
  >
  /** How many VMs of this instance came before, since the last rebuild. */
  restartsBefore: number
  /** When the pod is made, RFC 3339 with milliseconds: what `status.timings` counts from. */
  createdAt: string
}>

/** The pod of one VM: no privilege, no token, nothing of the node, and everything that it may use accounted for. */
export function vmPod(input: PodInput): Intent<Pod> {
  const { instance, size, boot, avoid, volumes = [], config } = input
  const { name, namespace, uid = '' } = instance.metadata
  const attached = volumeParts(volumes)
  return {
    metadata: {
      ...childMetadata(instance),
      labels: { ...childLabels(instance), ...securityLabels(instance), ...groupLabels(instance) },
      annotations: {
        ...instance.spec.network?.annotations,
        // A VM's pod that ended is done, not on its way: Argo CD would wait for it otherwise.
        'argocd.argoproj.io/ignore-restart-policy': 'true',
        'kubectl.kubernetes.io/default-container': containerName,
      },
    },
    spec: {
      restartPolicy: instance.spec.restartPolicy,
      terminationGracePeriodSeconds: instance.spec.terminationGracePeriodSeconds,
      hostname: name,
      subdomain: instancesService,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      ...attached.gates,
      securityContext: {
        ...restrictedPod,
        ...attached.groups,
        // Safe sysctls of the pod's own network namespace: they let user-mode networking listen on ports below 1024, and
        // send the guest's pings on.
        sysctls: [
          { name: 'net.ipv4.ip_unprivileged_port_start', value: '0' },
          { name: 'net.ipv4.ping_group_range', value: '0 2147483647' },
        ],
      },
      ...placementOf(instance, config.nodeLossSeconds, avoid),
      containers: [
        {
          name: containerName,
          image: config.runnerImage,
          imagePullPolicy: config.runnerImagePullPolicy,
          command: ['/usr/lib/ephemera/vm'],
          args: qemuArguments({
            namespace: namespace ?? 'default',
            name,
            uid,
            cpus: size.cpus,
            memoryBytes: size.memoryBytes,
            firmware: boot.firmware,
            volumes: volumes.map((one) => ({ ...one, path: diskPath(one) })),
            scratch: scratchDisks(size).map(({ name }) => ({ name, path: scratchPath(name) })),
          }),
          env: environment(input, attached.environment),
          ports: containerPorts(instance),
          resources: resources(input),
          startupProbe: {
            httpGet: { path: '/started', port: probePort },
            periodSeconds: 1,
            timeoutSeconds: 5,
            // A VM that waits for its image to be mended is not to be killed for it: the runner looks again by itself.
            failureThreshold: 2147483647,
          },
          readinessProbe: {
            httpGet: { path: '/ready', port: probePort },
            periodSeconds: 2,
            // The runner has judged the guest already; a slow answer on a busy node is no second opinion.
            timeoutSeconds: 5,
            failureThreshold: 2,
          },
          securityContext: restrictedContainer,
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
          ...attached.devices,
          volumeMounts: [
            { name: 'base', mountPath: '/base', readOnly: true },
            { name: 'overlay', mountPath: '/overlay' },
            { name: 'run', mountPath: runDirectory },
            ...seedMounts(instance),
            { name: 'control', mountPath: '/control', readOnly: true },
            { name: 'nbd', mountPath: '/nbd', readOnly: true },
            ...attached.mounts,
          ],
        },
      ],
      volumes: [
        {
          name: 'base',
          persistentVolumeClaim: { claimName: boot.claim, readOnly: true },
        },
        {
          name: 'overlay',
          emptyDir: { sizeLimit: String(overlayVolumeBytes(size.diskBytes) + scratchBytes(size)) },
        },
        { name: 'run', emptyDir: { sizeLimit: String(16 * mebibyte) } },
        ...seedVolumes(instance, boot),
        secretVolume('control', childName(name), [secretKeys.controlKey]),
        secretVolume('nbd', childName(name), [secretKeys.nbdKeys]),
        ...attached.volumes,
      ],
    },
  }
}

function environment(input: PodInput, ofVolumes: Readonly<Record<string, string>>) {
  const { instance, size, boot, config } = input
  const { spec } = instance
  const readiness = readinessOf(spec.readiness)
  const ports = forwardedPorts(spec.ports, readiness, spec.liveness)
  const variables = {
    VM_DISK_BYTES: String(size.diskBytes),
    VM_NETWORK: spec.network?.backend?.toLowerCase() ?? config.networkBackend,
    VM_TCP_PORTS: ports.tcp.join(','),
    VM_UDP_PORTS: ports.udp.join(','),
    VM_READINESS: readinessWord(readiness),
    VM_ACCELERATOR: withoutKvm(input) === undefined ? spec.accelerator.toLowerCase() : 'tcg',
    VM_ACCEL_KVM: acceleratorArguments.KVM.join(' '),
    VM_ACCEL_TCG: acceleratorArguments.TCG.join(' '),
    VM_GRACE_SECONDS: String(spec.terminationGracePeriodSeconds),
    ...firmwareVariable(boot.firmware ?? 'BIOS'),
    ...livenessVariables(spec.liveness),
    ...(spec.onGuestReboot === 'Rebuild' ? { VM_ON_GUEST_REBOOT: 'rebuild' } : {}),
    ...seedVariables(instance),
    ...scratchVariable(size),
    ...ofVolumes,
  }
  return [
    ...Object.entries(variables).map(([name, value]) => ({ name, value })),
    recordVariable(recordFor(input)),
  ]
}

function recordFor(input: PodInput): PodRecord {
  const { instance, size, boot, keyPairs = [], restartsBefore, createdAt } = input
  const counters = raised(instance.spec)
  const without = withoutKvm(input)
  return {
    rebuildGeneration: instance.spec.rebuildGeneration,
    ...(Object.keys(counters).length === 0 ? {} : { counters }),
    specHash: specHash(instance.spec),
    restartsBefore,
    createdAt,
    fleeceBytes: fleeceLimitBytes(size.diskBytes),
    rescuePort: true,
    metersUse: true,
    size: pinned(size),
    boot,
    ...(keyPairs.length === 0 ? {} : { keyPairs }),
    ...(without === undefined ? {} : { withoutKvm: without }),
  }
}

/** The readiness check as the runner takes it: `ssh:22`, `http:80/healthz`, `agent`. */
function readinessWord(readiness: Readiness): string {
  if (readiness.kind === 'http') return `http:${readiness.port}${readiness.path}`
  return 'port' in readiness ? `${readiness.kind}:${readiness.port}` : readiness.kind
}

/** What the pod's address answers on, for people and for Services that name a port. The names are unique in a pod. */
function containerPorts(instance: EphemeralInstance) {
  const declared = instance.spec.ports.map(({ name, port, protocol }) => ({
    name,
    containerPort: port,
    protocol,
  }))
  return [...declared, { name: controlPortName, containerPort: controlPort, protocol: 'TCP' }]
}

const withoutKvm = ({ instance, config, isKvmOffered = true, isKvmTaken }: PodInput) =>
  whyWithoutKvm(instance, config, isKvmOffered, isKvmTaken)

function resources(input: PodInput) {
  const { instance, size, boot, config } = input
  const kvm = withoutKvm(input) === undefined
  const overcommit = size.cpuOvercommit ?? config.cpuOvercommit
  const need = {
    guestBytes: size.memoryBytes,
    diskBytes: size.diskBytes,
    cpus: size.cpus,
    accelerator: kvm ? instance.spec.accelerator : 'TCG',
    firmware: boot.firmware,
  } as const
  const device = kvm ? { [config.kvmResource]: '1' } : {}
  return {
    requests: {
      cpu: `${Math.ceil((size.cpus * 1000) / overcommit)}m`,
      memory: String(podMemoryBytes(need)),
      'ephemeral-storage': String(ephemeralStorageBytes(size.diskBytes) + scratchBytes(size)),
      ...device,
    },
    // Above the requests is what a snapshot takes while it is under way.
    limits: {
      cpu: String(size.cpus + qemuCpus),
      memory: String(podMemoryLimitBytes(need)),
      'ephemeral-storage': String(ephemeralStorageLimitBytes(size.diskBytes) + scratchBytes(size)),
      ...device,
    },
  }
}

/** The size as it is kept on the pod: what `status.resources` shows for as long as this pod lives. */
function pinned(size: Size) {
  const { flavor, cpus, memory, disk, scratch, swap } = size
  return {
    ...(flavor === undefined ? {} : { flavor }),
    cpus,
    memory,
    disk,
    ...(scratch === undefined ? {} : { scratch: scratch.map(({ name, size }) => ({ name, size })) }),
    ...(swap === undefined ? {} : { swap: swap.size }),
  }
}

import { controlPortName } from '../api/guest-port.ts'
import type { Config } from '../config.ts'
import { controlPort } from '../control/connect.ts'
import { patience } from '../instance/desired/placement.ts'
import type { Intent, KubeObject, Labels, Pod } from '../kube/object.ts'
import { ownerReference } from '../kube/owner.ts'
import { restrictedContainer, restrictedPod, secretVolume } from '../pod/restricted.ts'
import { runDirectory } from '../qemu/sockets.ts'
import { workerFiles } from './secret.ts'

/** The one container of a worker pod. */
export const workerContainer = 'worker'

/** What a worker can do: make an image from somewhere (the first five), offer one to others, or write one to another's disk. */
export type WorkerJob = 'import-http' | 'import-oci' | 'import-claim' | 'receive' | 'pull' | 'serve' | 'fill'

/** A Secret and the keys of it that become files. An `optional` one may be missing: then the files are. */
type SecretFiles = Readonly<{ secret: string; files: readonly string[]; optional?: true }>

export type WorkerInput = Readonly<{
  /** What the work is for; the pod goes when it goes. */
  owner: KubeObject
  /** Of the pod and of its own Secret. */
  name: string
  labels: Labels
  job: WorkerJob
  /** The claim that the image is written to. */
  target?: string
  /** A claim with an image, mounted read-only. */
  source?: string
  /** Keys for NBD. */
  nbd?: SecretFiles
  /** Who the worker is, or whom it believes. */
  auth?: SecretFiles
  /** `WORKER_` variables, without that prefix. Empty ones are left out. */
  env?: Readonly<Record<string, string>>
  /** TCP ports that the job listens on, by name. */
  ports?: Readonly<Record<string, number>>
  /** Seconds after which the worker gives up. */
  deadlineSeconds: number
  /** Default: a random UUID. */
  newId?: () => string
  config: Pick<Config, 'runnerImage' | 'runnerImagePullPolicy' | 'nodeLossSeconds'>
}>

const mebibyte = 1024 * 1024

/** Small, and the same for images of any size: what is fetched passes through. */
const resources = {
  requests: { cpu: '100m', memory: '128Mi', 'ephemeral-storage': '112Mi' },
  limits: { cpu: '2', memory: '512Mi', 'ephemeral-storage': '112Mi' },
}

/** The pod of one job: as little privilege as a VM's, and it ends. What it made it says in its termination message. */
export function workerPod(input: WorkerInput): Intent<Pod> {
  const { owner, name, labels, config } = input
  const { namespace } = owner.metadata
  const disks = [
    ...(input.target === undefined ? [] : [claimVolume('target', input.target, false)]),
    ...(input.source === undefined ? [] : [claimVolume('source', input.source, true)]),
  ]
  const secrets = [
    { name: 'control', secret: name, files: [workerFiles.control] },
    ...(input.nbd === undefined ? [] : [{ name: 'nbd', ...input.nbd }]),
    ...(input.auth === undefined ? [] : [{ name: 'auth', ...input.auth }]),
  ]
  return {
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      labels,
      ownerReferences: [ownerReference(owner, { namespace })],
    },
    spec: {
      // What a worker writes is called after its host. A pod has the name of the one before it, which a lost node may keep alive: both
      // have the claim mounted then, and neither is to find a file of the other's under the name of its own.
      hostname: `worker-${(input.newId ?? (() => crypto.randomUUID()))()}`,
      // A new try is a new pod, so that a node that is no good does not hold it.
      restartPolicy: 'Never',
      tolerations: patience([], config.nodeLossSeconds),
      terminationGracePeriodSeconds: 10,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: restrictedPod,
      containers: [
        {
          name: workerContainer,
          image: config.runnerImage,
          imagePullPolicy: config.runnerImagePullPolicy,
          command: ['/usr/lib/ephemera/worker'],
          args: [input.job],
          env: variables(input),
          ports: Object.entries({ [controlPortName]: controlPort, ...input.ports }).map(
            ([port, containerPort]) => ({ name: port, containerPort, protocol: 'TCP' }),
          ),
          resources,
          securityContext: restrictedContainer,
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
          volumeMounts: [
            ...disks.map(({ mount }) => mount),
            { name: 'run', mountPath: runDirectory },
            ...secrets.map((one) => ({ name: one.name, mountPath: `/${one.name}`, readOnly: true })),
          ],
        },
      ],
      volumes: [
        ...disks.map(({ volume }) => volume),
        { name: 'run', emptyDir: { sizeLimit: String(16 * mebibyte) } },
        ...secrets.map(secretVolumeOf),
      ],
    },
  }
}

function claimVolume(name: 'source' | 'target', claimName: string, readOnly: boolean) {
  return {
    volume: { name, persistentVolumeClaim: { claimName, readOnly } },
    mount: { name, mountPath: `/${name}`, readOnly },
  }
}

function secretVolumeOf({ name, secret, files, optional }: SecretFiles & Readonly<{ name: string }>) {
  const volume = secretVolume(name, secret, files)
  return optional === true ? { ...volume, secret: { ...volume.secret, optional } } : volume
}

function variables({ env = {}, deadlineSeconds }: WorkerInput) {
  return Object.entries({ ...env, DEADLINE_SECONDS: String(deadlineSeconds) })
    .filter(([, value]) => value !== '')
    .map(([name, value]) => ({ name: `WORKER_${name}`, value }))
}

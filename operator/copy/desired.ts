import { labels, labelValues } from '../api/labels.ts'
import type { Config } from '../config.ts'
import { nbdSecretLine } from '../control/key.ts'
import type { Intent, KubeObject, Labels, PersistentVolumeClaim, Pod, Secret } from '../kube/object.ts'
import { ownerReference } from '../kube/owner.ts'
import { formatBytes } from '../kube/quantity.ts'
import { type WorkerInput, workerPod } from '../worker/pod.ts'
import { workerFiles, workerSecret } from '../worker/secret.ts'
import type { Content } from './content.ts'
import { type CopyRecord, copyAnnotations, ownerKey, recordText } from './record.ts'

const mebibyte = 1024n * 1024n

const copyLabels = (content: string): Labels => ({
  [labels.name]: labelValues.worker,
  [labels.managedBy]: labelValues.managedBy,
  [labels.copyOf]: content,
})

/**
 * The claim of a copy, of the class of `home`, the image's own. In the image's own namespace it belongs to the image's claim, so that no copy outlives what it is a
 * copy of; nothing can own it across namespaces, and there it goes when nothing uses it.
 */
export function copyClaim(
  content: Content,
  home: PersistentVolumeClaim | undefined,
  { name, namespace }: Readonly<{ name: string; namespace: string }>,
): Intent<PersistentVolumeClaim> {
  const { kind, name: of, claim, sha256, size } = content
  const record: CopyRecord = {
    of: { kind, namespace: content.namespace, name: of, claim },
    sha256,
    size,
    failures: 0,
  }
  const isNear = home !== undefined && namespace === content.namespace
  const { storageClassName } = home?.spec ?? {}
  return {
    metadata: {
      name,
      namespace,
      labels: copyLabels(claim),
      annotations: { [copyAnnotations.record]: recordText(record) },
      ...(isNear ? { ownerReferences: [ownerReference(home, { namespace })] } : {}),
    },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: roomFor(size) } },
      ...(storageClassName === undefined ? {} : { storageClassName }),
    },
  }
}

/** The file and what a filesystem takes for itself. */
function roomFor(size: number): string {
  const bytes = (BigInt(size) * 11n) / 10n + 64n * mebibyte
  return formatBytes(((bytes + mebibyte - 1n) / mebibyte) * mebibyte)
}

export type CopyWorkersInput = Readonly<{
  /** Of the copy. */
  claim: PersistentVolumeClaim
  record: CopyRecord
  /** A ready claim of the same content. */
  source: PersistentVolumeClaim
  config: Pick<Config, 'runnerImage' | 'runnerImagePullPolicy' | 'nodeLossSeconds'>
  masterKey: Uint8Array
}>

/** Names of the two pods of a copy and of their Secrets. */
export const sourceName = ({ claim, record }: Pick<CopyWorkersInput, 'claim' | 'record'>): string =>
  `${record.of.claim}-from-${(claim.metadata.uid ?? '').slice(0, 8)}`
export const targetName = ({ metadata }: PersistentVolumeClaim): string => `${metadata.name}-to`

/** Where a worker that offers an image listens, and the name of what it offers. */
const nbd = { port: 10776, export: 'disk' } as const

/** Most seconds that one try to make a copy takes. */
const deadlineSeconds = 6 * 60 * 60

/** Together with a VM that took all the room of its node, there is place for little more. */
const resources = {
  requests: { cpu: '10m', memory: '32Mi', 'ephemeral-storage': '32Mi' },
  limits: { cpu: '2', memory: '512Mi', 'ephemeral-storage': '112Mi' },
}

/** What holds an image or waits for one is on a certain node: that nothing new shall start there is no reason to give it up. */
const cordoned = [
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
] as const

/** Offers the image's file, on a node that has it. */
export function sourceWorker(
  input: CopyWorkersInput,
): Readonly<{ pod: Intent<Pod>; secret: Intent<Secret> }> {
  const name = sourceName(input)
  const { claim, source } = input
  // It goes with the copy; across namespaces, where that is not possible, with what it reads.
  const owner = claim.metadata.namespace === source.metadata.namespace ? claim : source
  return worker(input, owner, name, {
    job: 'serve',
    source: input.source.metadata.name,
    env: { EXPORT: 'file' },
    ports: { nbd: nbd.port },
  })
}

/** Fetches the file from `host`, on the node of the VM that waits for it, and finds out whether it is the same. */
export function targetWorker(
  input: Omit<CopyWorkersInput, 'source'> & Readonly<{ host: string; node: string }>,
): Readonly<{ pod: Intent<Pod>; secret: Intent<Secret> }> {
  const { claim, record, host, node } = input
  const address = host.includes(':') ? `[${host}]` : host
  const made = worker(input, claim, targetName(claim), {
    job: 'pull',
    target: claim.metadata.name,
    env: {
      EXPORT: 'file',
      NBD: `${address}:${nbd.port}/${nbd.export}`,
      DIGEST: `sha256:${record.sha256}`,
      FILE_BYTES: String(record.size),
    },
  })
  const here = { matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }
  const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [here] } }
  const spec = { ...made.pod.spec, affinity: { nodeAffinity } } as Pod['spec']
  return { ...made, pod: { ...made.pod, spec } }
}

function worker(
  { claim, record, config, masterKey }: Omit<CopyWorkersInput, 'source'>,
  owner: KubeObject,
  name: string,
  job: Pick<WorkerInput, 'job' | 'source' | 'target' | 'env' | 'ports'>,
) {
  const of = copyLabels(record.of.claim)
  const files = { [workerFiles.nbd]: nbdSecretLine(masterKey, claim.metadata.uid ?? '') }
  const secret = workerSecret({ owner, name, labels: of, masterKey, files })
  const pod = workerPod({
    owner,
    name,
    labels: of,
    nbd: { secret: name, files: [workerFiles.nbd] },
    deadlineSeconds,
    config,
    ...job,
  })
  const spec = {
    ...pod.spec,
    tolerations: [...(pod.spec?.tolerations ?? []), ...cordoned],
    containers: pod.spec?.containers.map((one) => ({ ...one, resources })),
  } as Pod['spec']
  const annotations = { [copyAnnotations.of]: ownerKey(record.of) }
  return { pod: { ...pod, metadata: { ...pod.metadata, annotations }, spec }, secret }
}

import type { BaseImage } from '../api/base-image.ts'
import { bytesOf } from '../api/quantity.ts'
import type { Config } from '../config.ts'
import type { Intent, PersistentVolumeClaim, Pod, Secret } from '../kube/object.ts'
import { ownerReference } from '../kube/owner.ts'
import { workerFirmware } from '../worker/firmware.ts'
import { type WorkerInput, workerPod } from '../worker/pod.ts'
import { workerFiles, workerSecret } from '../worker/secret.ts'
import { imageLabels, uploadToken } from './children.ts'
import { firmwareAskedFor } from './firmware.ts'
import type { SourceView } from './observed.ts'
import { uploadPort } from './upload.ts'

export type ContentInput = Readonly<{
  image: BaseImage
  /** The name of the content. */
  name: string
  /** What was found of the source: it is ready. */
  source: Extract<SourceView, { kind: 'ready' }>
  config: Pick<
    Config,
    | 'runnerImage'
    | 'runnerImagePullPolicy'
    | 'nodeLossSeconds'
    | 'imageAllowCidrs'
    | 'imageMaxVirtualSize'
    | 'imageDeadlineSeconds'
  >
}>

/** The claim that the content is kept in. */
export function contentClaim({
  image,
  name,
}: Omit<ContentInput, 'source' | 'config'>): Intent<PersistentVolumeClaim> {
  const { storageClassName, capacity } = image.spec
  const { namespace } = image.metadata
  return {
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      labels: imageLabels(image.metadata.name),
      ownerReferences: [ownerReference(image, { namespace })],
    },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: String(capacity) } },
      ...(storageClassName === undefined ? {} : { storageClassName }),
    },
  }
}

/** The pod that makes the content. */
export function contentWorker(input: ContentInput): Intent<Pod> {
  const { image, name, config } = input
  const job = jobOf(input)
  return workerPod({
    owner: image,
    name,
    labels: imageLabels(image.metadata.name),
    target: name,
    deadlineSeconds: config.imageDeadlineSeconds,
    config,
    ...job,
    env: { ...job.env, ...workerFirmware(firmwareAskedFor(image.spec, input.source.inherits)) },
  })
}

/** What that pod needs and others must not read. */
export function contentSecret(image: BaseImage, name: string, masterKey: Uint8Array): Intent<Secret> {
  const { upload } = image.spec.source
  return workerSecret({
    owner: image,
    name,
    labels: imageLabels(image.metadata.name),
    masterKey,
    files: upload === undefined ? {} : { token: uploadToken(masterKey, image, name) },
  })
}

function jobOf({
  image,
  name,
  source: found,
  config,
}: ContentInput): Pick<WorkerInput, 'job'> & Partial<WorkerInput> {
  const { source } = image.spec
  const limits = { MAX_BYTES: String(bytesOf(config.imageMaxVirtualSize)) }
  const reachable = { ALLOW_CIDRS: config.imageAllowCidrs.join(' ') }
  if (source.http !== undefined) {
    const { url, sha256, sha512 } = source.http
    const digest = sha256 !== undefined ? `sha256:${sha256}` : sha512 !== undefined ? `sha512:${sha512}` : ''
    return { job: 'import-http', env: { ...limits, ...reachable, URL: url, DIGEST: digest } }
  }
  if (source.oci !== undefined) {
    const env = { ...limits, ...reachable, OCI_IMAGE: source.oci.image }
    const { pullSecret } = source.oci
    if (pullSecret === undefined) return { job: 'import-oci', env }
    // Optional: a worker that comes without credentials says so, a pod that waits for a Secret says nothing.
    const auth = { secret: pullSecret, files: ['.dockerconfigjson'], optional: true } as const
    return { job: 'import-oci', env, auth }
  }
  if (source.upload !== undefined) {
    const auth = { secret: name, files: [workerFiles.token] }
    return { job: 'receive', env: limits, auth, ports: { upload: uploadPort } }
  }
  const digest = found.sha256 === undefined ? '' : `sha256:${found.sha256}`
  return { job: 'import-claim', env: { ...limits, DIGEST: digest }, source: found.claim ?? '' }
}

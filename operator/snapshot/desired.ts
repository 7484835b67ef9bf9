import { nbdPort } from '../api/guest-port.ts'
import { bytesOf, diskBytesOf } from '../api/quantity.ts'
import type { Snapshot } from '../api/snapshot.ts'
import type { Config } from '../config.ts'
import { nbdSecretLine } from '../control/key.ts'
import { overlayLimitBytes } from '../instance/desired/disk.ts'
import type { Intent, PersistentVolumeClaim, Pod, Secret } from '../kube/object.ts'
import { ownerReference } from '../kube/owner.ts'
import { workerPod } from '../worker/pod.ts'
import { workerFiles, workerSecret } from '../worker/secret.ts'
import { contentName, snapshotLabels } from './children.ts'
import { blockNames } from './disk/names.ts'

const mebibyte = 1024 * 1024

/**
 * Bytes of a claim that takes this disk whole, were it full of what cannot be compressed: the image, and what a filesystem of
 * the volume keeps for itself (ext4: 2 to 6 %).
 */
export function claimBytes(diskBytes: number): number {
  return Math.ceil((overlayLimitBytes(diskBytes) * 1.06) / mebibyte + 64) * mebibyte
}

/** The claim that the image is kept in. One that is to be retained has no owner, and so stays when the snapshot goes. */
export function contentClaim(snapshot: Snapshot): Intent<PersistentVolumeClaim> {
  const { storageClassName, capacity, retain } = snapshot.spec
  const { name, namespace } = snapshot.metadata
  const disk = bytesOf(snapshot.status?.source?.disk ?? '0')
  return {
    metadata: {
      name: contentName(snapshot),
      ...(namespace === undefined ? {} : { namespace }),
      labels: snapshotLabels(name),
      ...(retain ? {} : { ownerReferences: [ownerReference(snapshot, { namespace })] }),
    },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: String(capacity ?? claimBytes(disk)) } },
      ...(storageClassName === undefined ? {} : { storageClassName }),
    },
  }
}

/** What the worker needs and others must not read: the key of its control port, and the one of the VM's NBD port. */
export function contentSecret(snapshot: Snapshot, masterKey: Uint8Array): Intent<Secret> {
  return workerSecret({
    owner: snapshot,
    name: contentName(snapshot),
    labels: snapshotLabels(snapshot.metadata.name),
    masterKey,
    files: { [workerFiles.nbd]: nbdSecretLine(masterKey, snapshot.status?.source?.instanceUID ?? '') },
  })
}

/** For so long a worker waits for the moment: longer than it takes to fix one in a guest whose agent and disk hang. */
const awaitSeconds = 120

export type WorkerPlace = Readonly<{
  /** The address of the VM's pod. */
  address: string
  /** Seconds that the worker has. */
  secondsLeft: number
  config: Pick<Config, 'runnerImage' | 'runnerImagePullPolicy' | 'nodeLossSeconds'>
}>

/** The pod that copies the disk as it was. */
export function contentWorker(
  snapshot: Snapshot,
  { address, secondsLeft, config }: WorkerPlace,
): Intent<Pod> {
  const name = contentName(snapshot)
  const host = address.includes(':') ? `[${address}]` : address
  return workerPod({
    owner: snapshot,
    name,
    labels: snapshotLabels(snapshot.metadata.name),
    job: 'pull',
    target: name,
    nbd: { secret: name, files: [workerFiles.nbd] },
    env: {
      NBD: `${host}:${nbdPort}/${blockNames(snapshot.metadata.uid ?? '').export}`,
      MAX_BYTES: String(diskBytesOf(snapshot.status?.source?.disk ?? '0')),
      COMPRESS: 'zstd',
      AWAIT_SECONDS: String(awaitSeconds),
    },
    deadlineSeconds: Math.max(1, Math.floor(secondsLeft)),
    config,
  })
}

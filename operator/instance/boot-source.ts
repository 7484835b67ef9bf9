import type { BaseImage } from '../api/base-image.ts'
import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import type { Booted } from '../api/instance-status.ts'
import type { Reason } from '../api/reasons.ts'
import type { Snapshot } from '../api/snapshot.ts'
import { baseImages } from '../api/types.ts'
import { findCondition } from '../kube/conditions.ts'
import type { PersistentVolumeClaim } from '../kube/object.ts'
import { persistentVolumeClaims } from '../kube/resource.ts'
import type { Sources } from './sources.ts'

/** What a VM can be made from now, or why it cannot. `missing` waits for somebody, `waiting` for what is on its way. */
export type BootSource =
  | Readonly<{
      kind: 'ready'
      boot: Booted
      /** Quantities that the VM must have at least; undefined: any. */
      minDisk?: string | undefined
      minMemory?: string | undefined
    }>
  | Readonly<{ kind: 'missing' | 'waiting'; reason: Reason; message: string }>

type Stores = Pick<Sources, 'claims' | 'images' | 'snapshots'>

/** Finds what an instance boots from, as it is now. */
export function bootSourceOf({ metadata, spec }: EphemeralInstance, stores: Stores): BootSource {
  const { namespace = '' } = metadata
  const { image, snapshot, claim = '' } = spec.boot
  if (image !== undefined) {
    const found = stores.images.get(namespace, image)
    return found === undefined
      ? missing(
          'ImageNotFound',
          `There is no BaseImage ${image} in namespace ${namespace}: create it, or correct spec.boot.image.`,
        )
      : publishedBy(found, ['ImageNotReady', 'ImageFailed'], stores)
  }
  if (snapshot !== undefined) {
    const found = stores.snapshots.get(namespace, snapshot)
    return found === undefined
      ? missing(
          'SnapshotNotFound',
          `There is no Snapshot ${snapshot} in namespace ${namespace}: correct spec.boot.snapshot.`,
        )
      : publishedBy(found, ['SnapshotNotReady', 'SnapshotFailed'], stores)
  }
  return claimed(namespace, claim, stores.claims.get(namespace, claim))
}

function claimed(namespace: string, name: string, claim: PersistentVolumeClaim | undefined): BootSource {
  if (claim === undefined) {
    return missing(
      'ClaimNotFound',
      `There is no PersistentVolumeClaim ${name} in namespace ${namespace}: create it with the image in it, or correct spec.boot.claim.`,
    )
  }
  if (isGoing(claim)) {
    return missing(
      'ClaimLost',
      `PersistentVolumeClaim ${name} is being deleted or has lost its volume: create it anew, or boot from another.`,
    )
  }
  return { kind: 'ready', boot: { kind: persistentVolumeClaims.kind, name, claim: name } }
}

/** What is published is booted, also while a new content is made, or while a delete waits for those who use it. */
function publishedBy(
  from: BaseImage | Snapshot,
  [notReady, failed]: readonly [Reason, Reason],
  { claims }: Stores,
): BootSource {
  const { kind, metadata, status = {} } = from
  const { namespace, name } = metadata
  const { claim, sha256, minDisk, minMemory } = status
  const held = claim === undefined ? undefined : claims.get(namespace, claim)
  if (claim !== undefined && sha256 !== undefined && held !== undefined && !isGoing(held)) {
    const defaultUser = userOf(from)
    const user = defaultUser === undefined ? {} : { defaultUser }
    return { kind: 'ready', boot: { kind, name, claim, sha256, ...user }, minDisk, minMemory }
  }
  const stalled = findCondition(status.conditions, 'Stalled')
  if (stalled?.status === 'True') return missing(failed, `${kind} ${name} has no content: ${stalled.message}`)
  const message = `${kind} ${name} is ${status.phase ?? 'Pending'}; the VM starts when it is Ready.`
  return { kind: 'waiting', reason: notReady, message }
}

const userOf = (from: BaseImage | Snapshot): string | undefined =>
  from.kind === baseImages.kind ? (from as BaseImage).spec.defaultUser : undefined

const isGoing = ({ metadata, status }: PersistentVolumeClaim): boolean =>
  metadata.deletionTimestamp !== undefined || status?.phase === 'Lost'

const missing = (reason: Reason, message: string): BootSource => ({ kind: 'missing', reason, message })

/** The part of an image or a snapshot that its VMs have to do with: what else changes wakes none of them. */
export function bootPartOf({ status }: BaseImage | Snapshot): unknown {
  const { claim, sha256, minDisk, minMemory, phase, conditions } = status ?? {}
  const isPublished = claim !== undefined && sha256 !== undefined
  const why = findCondition(conditions, 'Stalled')?.message
  return isPublished ? [claim, sha256, minDisk, minMemory] : [phase, why]
}

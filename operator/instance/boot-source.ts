import type { BaseImage } from '../api/base-image.ts'
import type { Boot } from '../api/boot.ts'
import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import type { Firmware } from '../api/firmware.ts'
import type { Booted } from '../api/instance-status.ts'
import type { Reason } from '../api/reasons.ts'
import type { Snapshot } from '../api/snapshot.ts'
import { grantCommand, type ImageName, isForCluster } from '../copy/access.ts'
import { firmwareOfImage } from '../image/firmware.ts'
import { findCondition } from '../kube/conditions.ts'
import type { PersistentVolumeClaim } from '../kube/object.ts'
import { persistentVolumeClaims } from '../kube/resource.ts'
import { bootOf, shelvedOf } from './shelved.ts'
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

/** What can be booted now. */
export type ReadySource = Extract<BootSource, { kind: 'ready' }>

type Stores = Pick<Sources, 'claims' | 'images' | 'snapshots'>

/** The image of another namespace that an instance boots, if it does. */
export function farImageOf(
  instance: Pick<EphemeralInstance, 'metadata' | 'spec' | 'status'>,
): ImageName | undefined {
  const { image: name, imageNamespace: namespace } = bootOf(instance)
  const own = instance.metadata.namespace
  if (name === undefined || namespace === undefined || namespace === own) return undefined
  return { namespace, name }
}

/**
 * Finds what an instance boots from, as it is now.
 * @param mayUse whether RBAC lets it boot that, where it is in another namespace
 */
export function bootSourceOf(instance: EphemeralInstance, stores: Stores, mayUse = false): BootSource {
  const { namespace = '' } = instance.metadata
  const boot = bootOf(instance)
  const far = farImageOf(instance)
  // Said before it is looked for: whether there is such an image is nobody's business who may not use it.
  if (far !== undefined && !mayUse) return notAllowed(far, namespace)
  const { snapshot } = boot
  if (
    snapshot !== undefined &&
    shelvedOf(instance) !== undefined &&
    stores.snapshots.get(namespace, snapshot) === undefined
  )
    return missing(
      'SnapshotNotFound',
      `There is no Snapshot ${snapshot} any more, in which the VM was shelved: raise spec.rebuildGeneration to begin from spec.boot again.`,
    )
  return sourceOf(namespace, boot, stores, { field: 'spec.boot', follows: 'the VM starts' }, far)
}

/** The field that names a source, and what follows when it is ready, for messages. */
export type AskedBy = Readonly<{ field: string; follows: string }>

/**
 * Finds a source of a namespace's own, as it is now.
 * @param far where the image is of another namespace
 */
export function sourceOf(
  namespace: string,
  { image, snapshot, claim = '', firmware }: Omit<Boot, 'imageNamespace'>,
  stores: Stores,
  asked: AskedBy,
  far?: ImageName,
): BootSource {
  if (image !== undefined) {
    const home = far?.namespace ?? namespace
    const found = stores.images.get(home, image)
    if (found === undefined)
      return missing(
        'ImageNotFound',
        `There is no BaseImage ${image} in namespace ${home}: create it, or correct ${asked.field}.`,
      )
    if (far !== undefined && !isForCluster(found)) return notShared(far)
    return publishedBy(found, ['ImageNotReady', 'ImageFailed'], stores, asked, far?.namespace)
  }
  if (snapshot !== undefined) {
    const found = stores.snapshots.get(namespace, snapshot)
    return found === undefined
      ? missing(
          'SnapshotNotFound',
          `There is no Snapshot ${snapshot} in namespace ${namespace}: correct ${asked.field}.snapshot.`,
        )
      : publishedBy(found, ['SnapshotNotReady', 'SnapshotFailed'], stores, asked)
  }
  return claimed(namespace, claim, stores.claims.get(namespace, claim), asked, firmware)
}

function notAllowed({ namespace, name }: ImageName, user: string): BootSource {
  return missing(
    'ImageNotAllowed',
    `Namespace ${user} may not use BaseImage ${name} of namespace ${namespace}. Whoever administers ${namespace} can allow it for all images there: ${grantCommand(namespace, user)}`,
  )
}

function notShared({ namespace, name }: ImageName): BootSource {
  return missing(
    'ImageNotAllowed',
    `BaseImage ${name} is for VMs of namespace ${namespace} alone: its spec.visibility has to be Cluster for others.`,
  )
}

function claimed(
  namespace: string,
  name: string,
  claim: PersistentVolumeClaim | undefined,
  { field }: AskedBy,
  firmware: Firmware | undefined,
): BootSource {
  if (claim === undefined) {
    return missing(
      'ClaimNotFound',
      `There is no PersistentVolumeClaim ${name} in namespace ${namespace}: create it with the image in it, or correct ${field}.claim.`,
    )
  }
  if (isGoing(claim)) {
    return missing(
      'ClaimLost',
      `PersistentVolumeClaim ${name} is being deleted or has lost its volume: create it anew, or boot from another.`,
    )
  }
  return {
    kind: 'ready',
    boot: { kind: persistentVolumeClaims.kind, name, claim: name, ...unlessBios(firmware) },
  }
}

/** What is published is booted, also while a new content is made, or while a delete waits for those who use it. */
function publishedBy(
  from: BaseImage | Snapshot,
  [notReady, failed]: readonly [Reason, Reason],
  { claims }: Stores,
  { follows }: AskedBy,
  far?: string,
): BootSource {
  const { kind, metadata, status = {} } = from
  const { namespace, name } = metadata
  const { claim, sha256, minDisk, minMemory } = status
  const held = claim === undefined ? undefined : claims.get(namespace, claim)
  if (claim !== undefined && sha256 !== undefined && held !== undefined && !isGoing(held)) {
    const defaultUser = userOf(from)
    const user = defaultUser === undefined ? {} : { defaultUser }
    const place = far === undefined ? {} : { namespace: far }
    const boot = { kind, name, ...place, claim, sha256, ...user, ...unlessBios(firmwareOf(from)) }
    return { kind: 'ready', boot, minDisk, minMemory }
  }
  const stalled = findCondition(status.conditions, 'Stalled')
  if (stalled?.status === 'True') return missing(failed, `${kind} ${name} has no content: ${stalled.message}`)
  const message = `${kind} ${name} is ${status.phase ?? 'Pending'}; ${follows} when it is Ready.`
  return { kind: 'waiting', reason: notReady, message }
}

const userOf = (from: BaseImage | Snapshot): string | undefined =>
  from.kind === 'BaseImage'
    ? (from.spec.defaultUser ?? from.status?.inherited?.defaultUser)
    : from.status?.defaultUser

const firmwareOf = (from: BaseImage | Snapshot): Firmware | undefined =>
  from.kind === 'BaseImage' ? firmwareOfImage(from) : from.status?.firmware

/** As it is noted: BIOS is what it is where nothing is said. */
const unlessBios = (firmware: Firmware | undefined): Pick<Booted, 'firmware'> =>
  firmware === 'UEFI' ? { firmware } : {}

const isGoing = ({ metadata, status }: PersistentVolumeClaim): boolean =>
  metadata.deletionTimestamp !== undefined || status?.phase === 'Lost'

const missing = (reason: Reason, message: string): BootSource => ({ kind: 'missing', reason, message })

/** The part of an image or a snapshot that its VMs have to do with: what else changes wakes none of them. */
export function bootPartOf(from: BaseImage | Snapshot): unknown {
  const { status } = from
  const { claim, sha256, minDisk, minMemory, phase, conditions } = status ?? {}
  const isPublished = claim !== undefined && sha256 !== undefined
  const why = findCondition(conditions, 'Stalled')?.message
  const part = isPublished ? [claim, sha256, minDisk, minMemory, firmwareOf(from)] : [phase, why]
  return [...part, isForCluster(from)]
}

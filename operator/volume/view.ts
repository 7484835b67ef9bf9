import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import { baseImages, snapshots } from '../api/types.ts'
import type { Volume } from '../api/volumes.ts'
import { recordOf } from '../copy/record.ts'
import { childName } from '../instance/children.ts'
import { findCondition } from '../kube/conditions.ts'
import { keyOf, objectKey, type PersistentVolumeClaim, type Pod } from '../kube/object.ts'
import { controllerOf } from '../kube/owner.ts'
import type { Store } from '../kube/store.ts'
import { hasEnded } from './gate.ts'
import { type Attachment, areCompatible, attachmentsOf } from './record.ts'

/** What is looked up about volumes. `instances` is indexed by `claim`, the one that they boot from. */
export type VolumeSources = Readonly<{
  claims: Store<PersistentVolumeClaim>
  pods: Store<Pod>
  instances: Store<EphemeralInstance>
}>

/** A volume that a spec asks for, as the caches show it. */
export type VolumeView = Readonly<{
  volume: Volume
  claim: PersistentVolumeClaim | undefined
  /** What the claim holds the image of, such as `BaseImage debian`. */
  imageOf: string | undefined
  /** The instance that has it and does not share it. */
  holder: string | undefined
  /** The instance that boots from it. */
  bootedBy: string | undefined
}>

/** The volumes of an instance, in the order of its spec. */
export function viewVolumes(instance: EphemeralInstance, sources: VolumeSources): VolumeView[] {
  const { volumes = [] } = instance.spec
  return volumes.map((volume) => viewVolume(volume, instance, sources))
}

function viewVolume(volume: Volume, instance: EphemeralInstance, sources: VolumeSources): VolumeView {
  const { namespace, uid = '' } = instance.metadata
  const claim = sources.claims.get(namespace, volume.claim)
  const wanted = { uid, readOnly: volume.readOnly === true }
  const [bootedBy] = wanted.readOnly
    ? []
    : sources.instances.byIndex('claim', objectKey(namespace, volume.claim))
  return {
    volume,
    claim,
    imageOf: claim === undefined ? undefined : imageIn(claim),
    holder: claim === undefined ? undefined : holderOf(claim, wanted, sources),
    bootedBy: bootedBy?.metadata.name,
  }
}

function imageIn(claim: PersistentVolumeClaim): string | undefined {
  const { kind, name } = recordOf(claim)?.of ?? controllerOf(claim) ?? {}
  return kind === baseImages.kind || kind === snapshots.kind ? `${kind} ${name}` : undefined
}

function holderOf(
  claim: PersistentVolumeClaim,
  wanted: Pick<Attachment, 'uid' | 'readOnly'>,
  sources: VolumeSources,
): string | undefined {
  const { namespace } = claim.metadata
  return attachmentsOf(claim)
    .filter((one) => one.uid !== wanted.uid && !areCompatible(one, wanted))
    .find((one) => isHeld(one, claim, namespace, sources))?.instance
}

/** By a pod that there is, or kept for the next one of a VM that is being made anew. */
function isHeld(
  { instance, uid, podUID }: Attachment,
  claim: PersistentVolumeClaim,
  namespace: string | undefined,
  { pods, instances }: VolumeSources,
): boolean {
  const pod = pods.get(namespace, childName(instance))
  if (pod?.metadata.uid === podUID && !hasEnded(pod)) return true
  const owner = instances.get(namespace, instance)
  return owner?.metadata.uid === uid && goesOn(owner) && namesClaim(owner, claim)
}

const namesClaim = ({ spec, metadata }: EphemeralInstance, claim: PersistentVolumeClaim): boolean =>
  spec.volumes?.some((one) => objectKey(metadata.namespace, one.claim) === keyOf(claim)) === true

/** Its next VM is on the way, and does not wait for a volume itself: two that wait for each other would do so for ever. */
function goesOn({ metadata, spec, status }: EphemeralInstance): boolean {
  if (metadata.deletionTimestamp !== undefined || spec.powerState === 'Stopped') return false
  if (status?.phase === 'Failed' || findCondition(status?.conditions, 'Ready') === undefined) return false
  return findCondition(status?.conditions, 'Active')?.reason !== 'VolumeInUse'
}

/** What of an instance decides whether others get its volumes. */
export const holdingOf = (instance: EphemeralInstance): unknown => [instance.spec.volumes, goesOn(instance)]

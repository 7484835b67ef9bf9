import { persistentVolumeClaims } from '../kube/resource.ts'
import { inUse } from '../volume/attach.ts'
import type { VolumeView } from '../volume/view.ts'
import type { Observed } from './observed.ts'
import type { PodView } from './pod-view.ts'
import { down, stalled, type Verdict } from './verdict.ts'

/** Seconds after which a volume that another VM has is looked at again, should no watch have told. */
const lookAgainSeconds = 30

/** What keeps the VM from having a volume; undefined: nothing that is known. */
export function volumeTrouble({
  instance,
  volumes,
}: Pick<Observed, 'instance' | 'volumes'>): Verdict | undefined {
  for (const volume of volumes) {
    const verdict = troubleOf(volume, instance.metadata.namespace ?? '')
    if (verdict !== undefined) return verdict
  }
  return undefined
}

function troubleOf(
  { volume, claim, imageOf, holder, bootedBy }: VolumeView,
  namespace: string,
): Verdict | undefined {
  const what = `${persistentVolumeClaims.kind} ${volume.claim}`
  const where = `spec.volumes (${volume.name})`
  if (claim === undefined) {
    return stalled(
      'ClaimNotFound',
      `There is no ${what} in namespace ${namespace}: create it, or correct ${where}.`,
    )
  }
  if (claim.metadata.deletionTimestamp !== undefined || claim.status?.phase === 'Lost') {
    return stalled(
      'ClaimLost',
      `${what} is being deleted or has lost its volume: create it anew, or name another in ${where}.`,
    )
  }
  if (imageOf !== undefined) {
    return stalled(
      'VolumeIsImage',
      `${what} holds ${imageOf}, which VMs boot from: name another claim in ${where}.`,
    )
  }
  if (volume.readOnly !== true && isForReading(claim.spec?.accessModes)) {
    return stalled(
      'VolumeReadOnly',
      `${what} can only be read (its access mode is ReadOnlyMany): set readOnly: true in ${where}, or name another.`,
    )
  }
  const other = holder ?? bootedBy
  if (other === undefined) return undefined
  const message =
    holder === undefined
      ? `EphemeralInstance ${other} boots from claim ${volume.claim}, so that no VM may write to it: name another claim in ${where}, or set readOnly: true.`
      : inUse(volume.claim, holder)
  return { ...down('Pending', 'VolumeInUse', message), requeueAfterSeconds: lookAgainSeconds }
}

const isForReading = (modes: readonly string[] = []): boolean =>
  modes.length > 0 && modes.every((mode) => mode === 'ReadOnlyMany')

/** The pod is made, and no node may take it before it has its volumes. */
export function withoutVolumes(observed: Observed, pod: PodView | undefined): Verdict | undefined {
  if (pod?.isGated !== true) return undefined
  const trouble = volumeTrouble(observed)
  if (trouble === undefined) {
    const verdict = down('Pending', 'PodCreated', 'The pod was just made and gets its volumes.')
    return { ...verdict, passing: true, action: { kind: 'attach', podUID: pod.uid } }
  }
  // A pod that waits would keep the volumes that it has from others.
  const message = `${trouble.active.message} The pod that was made for the VM is taken away until then.`
  return { ...down('Pending', 'VolumeTaken', message), action: { kind: 'delete', podUID: pod.uid } }
}

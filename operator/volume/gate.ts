import { group } from '../api/group.ts'
import type { Pod } from '../kube/object.ts'

/** The scheduler takes no notice of a pod with this gate. It is opened when the pod has all its volumes. */
export const volumesGate = `${group}/volumes`

/** Whether the pod still waits for its volumes, so that nothing of it can run anywhere. */
export const isGated = ({ spec }: Pod): boolean =>
  spec.schedulingGates?.some(({ name }) => name === volumesGate) === true

/** Whether nothing of the pod runs or ever will, by the word of its kubelet: who else ends pods cannot know it. */
export function hasEnded({ status }: Pod): boolean {
  if (status?.phase !== 'Succeeded' && status?.phase !== 'Failed') return false
  const { containerStatuses = [] } = status
  return (
    containerStatuses.length > 0 && containerStatuses.every(({ state }) => state?.terminated !== undefined)
  )
}

/**
 * Whether the pod's VM may be writing to a volume that outlives it. Such a pod must not be deleted by force while its node may
 * still run it: the volume would be given to another VM.
 */
export const writesVolumes = ({ spec }: Pod): boolean =>
  spec.volumes?.some(({ persistentVolumeClaim: claim }) => claim !== undefined && claim.readOnly !== true) ===
  true

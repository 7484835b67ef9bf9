import type { Pod } from '../kube/object.ts'
import { basicsOf, type PodBasics } from '../pod/view.ts'
import { isGated, writesVolumes } from '../volume/gate.ts'
import type { Counters } from './counters.ts'
import { containerName } from './desired/pod.ts'
import { type PodRecord, recordOf } from './desired/record.ts'
import { type Ending, endingOf } from './ending.ts'
import { instancesService } from './hostname.ts'

/** A VM pod, with the questions that the decisions ask of it answered. */
export type PodView = Omit<PodBasics, 'terminated'> &
  Readonly<{
    /** QEMU runs the guest's CPUs. */
    started: boolean
    /** The guest answered the readiness check. */
    ready: boolean
    readySince: string | undefined
    /** How its last run ended, if it ran before. */
    lastEnding: Ending | undefined
    /** Fresh VMs since the last rebuild, those of former pods included. */
    restarts: number
    rebuildGeneration: number
    /** What the counters stood at when the pod was made. */
    counters: Partial<Counters>
    specHash: string
    createdAt: string
    size: PodRecord['size'] | undefined
    /** The most that a snapshot of the VM may keep aside; undefined: it can have none. */
    fleeceBytes: number | undefined
    /** The VM can be given another disk while it runs. */
    hasRescuePort: boolean
    /** It can be asked for how long nobody has used the guest. */
    metersUse: boolean
    boot: PodRecord['boot']
    keyPairs: PodRecord['keyPairs']
    withoutKvm: PodRecord['withoutKvm']
    /** No node may take it before it has its volumes. */
    isGated: boolean
    /** Why somebody else told it to go, in Kubernetes' word for it. */
    disruption: string | undefined
    /** It has volumes that another VM must not write at the same time. */
    writesVolumes: boolean
    /** Whether DNS knows the VM by a name; pods of former versions have none. */
    hasName: boolean
  }>

/** Reads a pod that the operator made. */
export function viewPod(pod: Pod): PodView {
  const { metadata, status } = pod
  const { terminated, ...basics } = basicsOf(pod, containerName)
  const record = recordOf(pod)
  const container = status?.containerStatuses?.find((one) => one.name === containerName)
  const ready = status?.conditions?.find((one) => one.type === 'Ready')
  return {
    ...basics,
    isGated: isGated(pod),
    started: container?.state?.running !== undefined && container.started === true,
    ready: container?.ready === true,
    readySince: ready?.status === 'True' ? ready.lastTransitionTime : undefined,
    lastEnding: terminated === undefined ? undefined : endingOf(terminated),
    restarts: (record?.restartsBefore ?? 0) + (container?.restartCount ?? 0),
    rebuildGeneration: record?.rebuildGeneration ?? 0,
    counters: record?.counters ?? {},
    specHash: record?.specHash ?? '',
    createdAt: record?.createdAt ?? metadata.creationTimestamp ?? '',
    size: record?.size,
    fleeceBytes: record?.fleeceBytes,
    hasRescuePort: record?.rescuePort === true,
    metersUse: record?.metersUse === true,
    boot: record?.boot,
    keyPairs: record?.keyPairs,
    withoutKvm: record?.withoutKvm,
    disruption: status?.conditions?.find((one) => one.type === 'DisruptionTarget' && one.status === 'True')
      ?.reason,
    writesVolumes: writesVolumes(pod),
    hasName: pod.spec.subdomain === instancesService,
  }
}

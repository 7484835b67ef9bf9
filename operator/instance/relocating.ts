import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import { findCondition } from '../kube/conditions.ts'
import { isToBeKept } from './expiring.ts'
import { isCordoned, isUnreachable } from './node-loss.ts'
import type { Observed } from './observed.ts'
import { isRescued } from './rescued.ts'

/**
 * Whether the VM leaves a node that is drained: its disk is kept, or it had none worth keeping, and its pod may go. There is no way back from it.
 * @param podUID of the pod that is asked about; undefined: of any
 */
export function isRelocating({ status }: Pick<EphemeralInstance, 'status'>, podUID?: string): boolean {
  if (findCondition(status?.conditions, 'Active')?.reason !== 'Relocating') return false
  return podUID === undefined || status?.podUID === podUID
}

/** A VM that may be placed on a cordoned node has none to leave: it could be placed there again, and again. */
export const toleratesCordon = ({ spec }: Pick<EphemeralInstance, 'spec'>): boolean =>
  spec.placement?.tolerations?.some(
    ({ key, effect }) =>
      // An empty key is none.
      (key === undefined || key === '' || key === 'node.kubernetes.io/unschedulable') &&
      (effect === undefined || effect === 'NoSchedule'),
  ) === true

/** What says whether a VM is to leave its node. */
type Asked = Pick<Observed, 'instance' | 'node' | 'now'>

/** It is to leave its node, with the disk that it has. */
export const isDraining = (observed: Asked): boolean =>
  observed.instance.spec.eviction === 'SnapshotThenRecreate' &&
  observed.instance.spec.powerState !== 'Shelved' &&
  isCordoned(observed.node) &&
  !toleratesCordon(observed.instance) &&
  !isUnreachable(observed.node) &&
  !isToBeKept(observed)

/** It is on its way: nothing that its guest writes from the moment on that is kept would last. A rescue goes first. */
export const isLeaving = (observed: Asked): boolean => isDraining(observed) && !isRescued(observed.instance)

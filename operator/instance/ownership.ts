import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import { isSecurityLabel, labels, labelValues } from '../api/labels.ts'
import type { OwnerReference, Pod } from '../kube/object.ts'
import { controllerOf, isControlledBy, ownerReference } from '../kube/owner.ts'
import { childLabels, childName, securityLabels } from './children.ts'
import type { Observed } from './observed.ts'

/** What somebody took off a pod of ours, to be put back. */
export type Restoration = Readonly<{
  podUID: string
  /** Of the pod as it was looked at: nothing is written over what came after. */
  resourceVersion: string
  labels?: Readonly<Record<string, string | null>>
  /** All of them, ours added. */
  ownerReferences?: readonly OwnerReference[]
}>

type Known = Pick<Observed, 'instance' | 'made'>

/**
 * The pod is the instance's: by its owner reference, or, where that was taken off and nobody else put his own there, by
 * its UID, which the operator noted when it made the pod. A label alone proves nothing.
 */
export function isOurs(known: Known, pod: Pod): boolean {
  const { instance, made } = known
  if (isControlledBy(pod, instance)) return true
  const { uid } = pod.metadata
  const isKnown = uid !== undefined && (uid === instance.status?.podUID || uid === made?.podUID)
  return isKnown && controllerOf(pod) === undefined
}

/** Undefined: nothing is missing. A pod that is going is left in peace. */
export function restorationOf(instance: EphemeralInstance, pod: Pod): Restoration | undefined {
  const { uid: podUID = '', resourceVersion = '', namespace, deletionTimestamp } = pod.metadata
  if (deletionTimestamp !== undefined) return undefined
  const wanted = { ...childLabels(instance), ...securityLabels(instance) }
  const found = pod.metadata.labels ?? {}
  // A group that the spec does not name any more is left at once; null takes a label off.
  const left = Object.keys(found).filter((name) => isSecurityLabel(name) && !(name in wanted))
  const missing = [
    ...Object.entries(wanted).filter(([name, value]) => found[name] !== value),
    ...left.map((name) => [name, null] as const),
  ]
  const isOrphan = !isControlledBy(pod, instance)
  if (missing.length === 0 && !isOrphan) return undefined
  const owners = pod.metadata.ownerReferences ?? []
  return {
    podUID,
    resourceVersion,
    ...(missing.length === 0 ? {} : { labels: Object.fromEntries(missing) }),
    ...(isOrphan ? { ownerReferences: [...owners, ownerReference(instance, { namespace })] } : {}),
  }
}

/**
 * A pod that the operator made, whose owner was taken off and whose instance is gone: the garbage collector does not
 * know of it, so that it would run for ever.
 */
export function isLeftBehind(pod: Pod): boolean {
  const { name, ownerReferences = [], labels: found = {}, deletionTimestamp } = pod.metadata
  return (
    deletionTimestamp === undefined &&
    ownerReferences.length === 0 &&
    found[labels.managedBy] === labelValues.managedBy &&
    found[labels.name] === labelValues.name &&
    name === childName(found[labels.instance] ?? '')
  )
}

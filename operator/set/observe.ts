import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import type { InstanceSet } from '../api/instance-set.ts'
import { labels } from '../api/labels.ts'
import { controllerOf, isControlledBy } from '../kube/owner.ts'
import { instanceName } from './desired.ts'
import type { KnownInstances } from './known.ts'
import { viewMember } from './member.ts'
import type { Observed } from './observed.ts'
import { templateHash } from './template-hash.ts'

/** Of a set of the same name that is gone: the cluster is about to collect it. */
function isOfFormer({ metadata }: InstanceSet, instance: EphemeralInstance): boolean {
  const owner = controllerOf(instance)
  return owner?.kind === 'InstanceSet' && owner.name === metadata.name && owner.uid !== metadata.uid
}

/** Reads all that a decision about this set rests on. */
export function observe(set: InstanceSet, known: KnownInstances): Observed {
  const { namespace, name, uid = '' } = set.metadata
  const hash = templateHash(set.spec.template)
  const owned = known.ofOwner(uid).filter((instance) => isControlledBy(instance, set))
  const staying = owned.filter((instance) => !known.isGoing(instance))
  const isClaimed = (instance: (typeof owned)[number]) => instance.metadata.labels?.[labels.set] !== name
  const members = staying
    .filter((instance) => !isClaimed(instance))
    .map((instance) => viewMember(instance, name, hash))
    .sort((a, b) => a.ordinal - b.ordinal)

  const ours = new Set(members.map((member) => member.uid))
  const going = new Set<number>()
  const taken = new Set<number>()
  const { replicas, warm = 0 } = set.spec
  // A new instance gets one of the lowest numbers that are free: no more of them have to be looked at.
  for (let ordinal = 0, room = replicas + warm; room > 0; ordinal++) {
    const instance = known.get(namespace, instanceName(set, ordinal))
    if (instance === undefined || ours.has(instance.metadata.uid ?? '')) room--
    else if (known.isGoing(instance) || isOfFormer(set, instance)) {
      going.add(ordinal)
      room--
    } else taken.add(ordinal)
  }
  return { set, hash, members, claimed: staying.filter(isClaimed), going, taken }
}

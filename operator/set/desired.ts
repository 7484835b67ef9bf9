import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import type { InstanceSet } from '../api/instance-set.ts'
import { labels } from '../api/labels.ts'
import type { Intent } from '../kube/object.ts'
import { ownerReference } from '../kube/owner.ts'
import type { Role } from './member.ts'

/** The name of the instance with this number. */
export const instanceName = (set: Pick<InstanceSet, 'metadata'>, ordinal: number): string =>
  `${set.metadata.name}-${ordinal}`

/** What the replicas of a set, and their pods, are selected by. */
export const selectorOf = ({ metadata }: Pick<InstanceSet, 'metadata'>): string =>
  `${labels.set}=${metadata.name},${labels.setRole}=replica`

/** An instance of the set. */
export function desiredInstance(
  set: InstanceSet,
  hash: string,
  { ordinal, role }: Readonly<{ ordinal: number; role: Role }>,
): Intent<EphemeralInstance> {
  const { namespace, name } = set.metadata
  const { metadata, spec } = set.spec.template
  return {
    metadata: {
      name: instanceName(set, ordinal),
      ...(namespace === undefined ? {} : { namespace }),
      labels: {
        ...metadata?.labels,
        [labels.set]: name,
        [labels.setRole]: role,
        [labels.templateHash]: hash,
      },
      ...(metadata?.annotations === undefined ? {} : { annotations: metadata.annotations }),
      ownerReferences: [ownerReference(set, { namespace })],
    },
    spec,
  }
}

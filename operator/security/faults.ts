import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import type { SecurityGroup } from '../api/security-group.ts'
import { findCondition } from '../kube/conditions.ts'
import type { Store } from '../kube/store.ts'
import type { Fault } from '../runtime/findings.ts'

/** What is wrong with the groups of an instance. Each opens nothing then: the VM is closed rather than open. */
export function groupFaults(
  { metadata, spec }: Pick<EphemeralInstance, 'metadata' | 'spec'>,
  groups: Pick<Store<SecurityGroup>, 'get'>,
): Fault[] {
  return (spec.securityGroups ?? []).flatMap((name) => {
    const group = groups.get(metadata.namespace, name)
    if (group === undefined || group.metadata.deletionTimestamp !== undefined) {
      const message = `There is no SecurityGroup ${name}, so that it opens nothing for the VM: create it, or take its name out of spec.securityGroups.`
      return [{ reason: 'SecurityGroupNotFound', message }]
    }
    const ready = findCondition(group.status?.conditions, 'Ready')
    if (ready?.status !== 'False') return []
    const message = `SecurityGroup ${name} is not in effect, so that it opens nothing for the VM: ${ready.message}`
    return [{ reason: 'SecurityGroupFailed', message }]
  })
}

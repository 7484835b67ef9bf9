import { createHash } from 'node:crypto'
import type { InstanceSpec } from '../api/instance-spec.ts'

/** What takes effect at once, without a new pod. Everything else in the spec shapes the pod or its seed. */
const immediate: ReadonlySet<string> = new Set([
  'powerState',
  'rebuildGeneration',
  'rebootGeneration',
  'resetGeneration',
  'rescue',
  'expiry',
  'onExpiry',
  'locked',
  'expose',
  'eviction',
  'securityGroups',
])

/**
 * A short hash over the parts of a spec that take effect at a rebuild. Kept on the pod: when it differs from the spec's, a
 * change is waiting. Over the spec and not over the pod, so that a newer operator that builds pods a little differently
 * asks nobody for a rebuild.
 */
export function specHash(spec: InstanceSpec): string {
  return createHash('sha256')
    .update(canonical(Object.fromEntries(Object.entries(spec).filter(([key]) => !immediate.has(key)))))
    .digest('hex')
    .slice(0, 16)
}

/** JSON with sorted keys and without absent fields: equal values give equal text. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`)
  return `{${members.join(',')}}`
}

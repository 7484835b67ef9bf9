import { createHash } from 'node:crypto'
import { instanceSpec } from '../api/instance-spec.ts'
import type { InstanceTemplate } from '../api/instance-template.ts'
import { canonicalJson, sameJson } from '../kube/json.ts'

/** What a spec has that says nothing but what must be said. */
const defaults: Readonly<Record<string, unknown>> = instanceSpec.parse({ boot: {} })

/**
 * A short hash over a template: instances that carry it were made from the template as it is. Fields that have their default count as
 * absent, so that a newer version of the API, with more of them, replaces nobody's VMs.
 */
export function templateHash({ metadata, spec }: InstanceTemplate): string {
  const said = Object.entries(spec).filter(([field, value]) => !sameJson(value, defaults[field]))
  const text = canonicalJson({ metadata: metadata ?? {}, spec: Object.fromEntries(said) })
  return createHash('sha256').update(text).digest('hex').slice(0, 10)
}

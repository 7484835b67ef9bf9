import type { EphemeralInstance } from '../../api/ephemeral-instance.ts'
import { labels } from '../../api/labels.ts'
import type { Placement } from '../../api/placement.ts'
import type { Requirement } from '../../copy/place.ts'
import type { Intent, Pod } from '../../kube/object.ts'

type PodSpec = NonNullable<Intent<Pod>['spec']>
type Affinity = NonNullable<PodSpec['affinity']>
type Tolerations = NonNullable<PodSpec['tolerations']>
/** An affinity as the user wrote it: whatever the schema lets through. */
type Json = Readonly<Record<string, unknown>>

/** The parts of a pod's spec that say where it may run: what the user asks for, and away from where a copy would be one too many. */
export function placementOf(
  { spec: { placement = {} } }: Pick<EphemeralInstance, 'spec'>,
  nodeLossSeconds: number,
  avoid: readonly Requirement[] = [],
): Partial<PodSpec> {
  const { affinity, group, tolerations = [], ...plain } = placement
  const whole = withGroup(awayFrom(avoid, affinity ?? {}), group)
  return {
    ...(plain as Partial<PodSpec>),
    tolerations: [...(tolerations as Tolerations), ...patience(tolerations, nodeLossSeconds)],
    ...(Object.keys(whole).length === 0 ? {} : { affinity: whole as Affinity }),
  }
}

/**
 * How long a pod of ours stays on a node that is lost. Kubernetes itself would wait for five minutes; what the user says of such a taint
 * goes before either.
 */
export function patience(tolerations: NonNullable<Placement['tolerations']>, tolerationSeconds: number) {
  return ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']
    .filter((key) => !tolerations.some((one) => covers(one, key)))
    .map((key) => ({ key, operator: 'Exists' as const, effect: 'NoExecute' as const, tolerationSeconds }))
}

const covers = ({ key, effect }: NonNullable<Placement['tolerations']>[number], taint: string): boolean =>
  (key === undefined || key === '' || key === taint) && (effect === undefined || effect === 'NoExecute')

/** What the other VMs of its group know the VM by. Of the pod alone: a change waits for a rebuild, as all of the placement. */
export function groupLabels({ spec }: Pick<EphemeralInstance, 'spec'>): Record<string, string> {
  const { group } = spec.placement ?? {}
  return group === undefined ? {} : { [labels.group]: group.name }
}

const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
/** What is no list is left to the API server to refuse. */
const listOf = (value: unknown): readonly unknown[] | undefined =>
  value === undefined || value === null ? [] : Array.isArray(value) ? value : undefined

/** A copy is made where there is none: another one there would be of no use. */
function awayFrom(avoid: readonly Requirement[], affinity: Json): Json {
  if (avoid.length === 0) return affinity
  const ours = avoid.map(({ key, operator, values = [] }) => ({ key, operator, values: [...values] }))
  const nodes = isJson(affinity.nodeAffinity) ? affinity.nodeAffinity : {}
  const needed = nodes.requiredDuringSchedulingIgnoredDuringExecution
  const terms = listOf(isJson(needed) ? needed.nodeSelectorTerms : undefined)
  if (terms === undefined) return affinity
  // Terms are alternatives: ours has to hold in each of them.
  const nodeSelectorTerms =
    terms.length === 0 ? [{ matchExpressions: ours }] : terms.map((term) => withRequirements(term, ours))
  return {
    ...affinity,
    nodeAffinity: { ...nodes, requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
  }
}

function withRequirements(term: unknown, ours: readonly unknown[]): unknown {
  const theirs = isJson(term) ? listOf(term.matchExpressions) : undefined
  if (!isJson(term) || theirs === undefined) return term
  // An empty term matches no node, and would match some with ours in it.
  const isEmpty = theirs.length === 0 && (listOf(term.matchFields)?.length ?? 0) === 0
  return isEmpty ? term : { ...term, matchExpressions: [...theirs, ...ours] }
}

/** The group's own term beside those that the user wrote. */
function withGroup(affinity: Json, group: Placement['group']): Json {
  if (group === undefined) return affinity
  const { name, policy, topologyKey = 'kubernetes.io/hostname' } = group
  const term = { labelSelector: { matchLabels: { [labels.group]: name } }, topologyKey }
  const [part, list, entry] = {
    AntiAffinity: ['podAntiAffinity', required, term],
    SoftAntiAffinity: ['podAntiAffinity', preferred, { weight: 100, podAffinityTerm: term }],
    Affinity: ['podAffinity', required, term],
  }[policy] as [string, string, unknown]
  const own = isJson(affinity[part]) ? affinity[part] : {}
  const others = listOf(own[list])
  return others === undefined ? affinity : { ...affinity, [part]: { ...own, [list]: [...others, entry] } }
}

const required = 'requiredDuringSchedulingIgnoredDuringExecution'
const preferred = 'preferredDuringSchedulingIgnoredDuringExecution'

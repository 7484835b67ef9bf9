import type { PersistentVolume } from '../kube/object.ts'

/** What a node's labels have to be, as a pod's affinity takes it. */
export type Requirement = Readonly<{ key: string; operator: string; values?: readonly string[] }>

/** Where a volume can be reached from, when that is not everywhere: a node, or a zone. */
export type Place = Readonly<{
  /** For people: the names of the nodes or zones. */
  text: string
  /** What keeps a pod away from there; undefined where that cannot be said in terms of labels. */
  elsewhere: readonly Requirement[] | undefined
}>

/** Undefined for a volume that every node can mount. */
export function placeOf(volume: PersistentVolume | undefined): Place | undefined {
  const terms = volume?.spec?.nodeAffinity?.required?.nodeSelectorTerms
  if (terms === undefined) return undefined
  const requirements = terms.flatMap(({ matchExpressions = [] }) => matchExpressions)
  const values = requirements.flatMap((one) => one.values ?? [])
  // Terms are alternatives: away from all of them means away from each. Of a term with several parts that is not one label's matter.
  const isPlain = terms.every(
    ({ matchExpressions = [], matchFields = [] }) =>
      matchExpressions.length === 1 && matchExpressions[0]?.operator === 'In' && matchFields.length === 0,
  )
  return {
    text: [...new Set(values)].sort().join(', ') || 'some nodes',
    elsewhere: isPlain
      ? requirements.map(({ key, values: list = [] }) => ({ key, operator: 'NotIn', values: list }))
      : undefined,
  }
}

import type { KubeObject } from './object.ts'

const decimal = /^[1-9]\d*$/

/**
 * Whether `a` is a version from before `b`. Resource versions of one kind compare as decimal numbers of any length;
 * where one is of another form (an aggregated API server's), nothing is older than anything.
 */
export function isOlder(a: KubeObject, b: KubeObject): boolean {
  return isOlderVersion(a.metadata.resourceVersion ?? '', b.metadata.resourceVersion ?? '')
}

/** The same for the bare versions. */
export function isOlderVersion(a: string, b: string): boolean {
  if (!decimal.test(a) || !decimal.test(b)) return false
  return a.length === b.length ? a < b : a.length < b.length
}

export const sameVersion = (a: KubeObject, b: KubeObject): boolean =>
  a.metadata.uid === b.metadata.uid && a.metadata.resourceVersion === b.metadata.resourceVersion

/** Why a watch event tells nothing new about an object that is known already; undefined: it does. */
export function whyIgnore(
  known: KubeObject | undefined,
  event: 'ADDED' | 'MODIFIED' | 'DELETED',
  object: KubeObject,
): 'duplicate' | 'stale' | undefined {
  if (known === undefined) return undefined
  if (isOlder(object, known)) return 'stale'
  return event !== 'DELETED' && sameVersion(known, object) ? 'duplicate' : undefined
}

import type { Selection, WatchEvent } from './calls.ts'
import { errorFromStatus, KubeError } from './errors.ts'
import type { Intent, KubeObject, ObjectMeta } from './object.ts'
import type { AnyResourceType } from './resource.ts'
import type { Answer } from './transport.ts'

/** A list as the API server sends it. */
export type RawList<T> = { metadata?: { resourceVersion?: string; continue?: string }; items?: T[] | null }

/** The object with its `apiVersion` and `kind`, which items of a list lack. */
export function identify<T extends KubeObject>(type: AnyResourceType, object: T): T {
  return object.kind === type.kind && object.apiVersion === type.apiVersion
    ? object
    : { ...object, apiVersion: type.apiVersion, kind: type.kind }
}

/** An intent as the request's body: whatever it says of its kind, the type is right. */
export const body = <T extends KubeObject>(type: AnyResourceType, intent: Intent<T>): object => ({
  ...intent,
  apiVersion: type.apiVersion,
  kind: type.kind,
})

/** The record without its undefined values. */
export function clean<R extends Record<string, unknown>>(
  record: R,
): { [Key in keyof R]?: Exclude<R[Key], undefined> } {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as {
    [Key in keyof R]?: Exclude<R[Key], undefined>
  }
}

export function selectionQuery(selection: Selection): URLSearchParams {
  const query = new URLSearchParams()
  if (selection.labelSelector !== undefined) query.set('labelSelector', selection.labelSelector)
  if (selection.fieldSelector !== undefined) query.set('fieldSelector', selection.fieldSelector)
  return query
}

export const withQuery = (path: string, query: URLSearchParams): string =>
  query.size === 0 ? path : `${path}?${query}`

export function parseBody<R>(answer: Answer): R {
  if (answer.body === '') return undefined as R
  try {
    return JSON.parse(answer.body) as R
  } catch (cause) {
    throw new KubeError({
      status: 0,
      reason: 'BadResponse',
      message: 'the answer is not JSON: it was cut, or something between changed it',
      cause,
    })
  }
}

type RawEvent = { type?: unknown; object?: { metadata?: Partial<ObjectMeta> } }

/** Reads one line of a watch; throws what an ERROR event says. */
export function readEvent<T extends KubeObject>(type: AnyResourceType, line: unknown): WatchEvent<T> {
  const event = (typeof line === 'object' && line !== null ? line : {}) as RawEvent
  const metadata = event.object?.metadata
  switch (event.type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      if (metadata?.name === undefined || metadata.resourceVersion === undefined) break
      return { type: event.type, object: identify(type, event.object as T) }
    case 'BOOKMARK':
      if (metadata?.resourceVersion === undefined) break
      return { type: 'BOOKMARK', resourceVersion: metadata.resourceVersion }
    case 'ERROR':
      throw errorFromStatus(event.object)
  }
  throw new KubeError({ status: 0, reason: 'BadResponse', message: 'a watch event has not the form of one' })
}

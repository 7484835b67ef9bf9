import type { CallOptions, JsonPatchOperation } from './calls.ts'
import type { KubeClient } from './client.ts'
import { isNotFound } from './errors.ts'
import type { KubeObject } from './object.ts'
import type { ResourceType } from './resource.ts'

export const hasFinalizer = (object: KubeObject, finalizer: string): boolean =>
  object.metadata.finalizers?.includes(finalizer) ?? false

/**
 * Adds the finalizer in a request of its own, to be made before the first side effect that needs it.
 * Rejects with `isConflict` when someone changed the finalizers since `live`.
 */
export async function addFinalizer<T extends KubeObject>(
  client: KubeClient,
  type: ResourceType<T>,
  live: T,
  finalizer: string,
  options: CallOptions = {},
): Promise<T> {
  if (hasFinalizer(live, finalizer)) return live
  return client.jsonPatch(type, live.metadata, additionOf(live, finalizer), options)
}

/**
 * Removes this finalizer and no other, since each `test` fails where the list is not as it was seen; the object may be
 * gone right after. Rejects with `isConflict` then; does nothing where the finalizer or the object is gone.
 */
export async function removeFinalizer<T extends KubeObject>(
  client: KubeClient,
  type: ResourceType<T>,
  live: T,
  finalizer: string,
  options: CallOptions = {},
): Promise<void> {
  if (!hasFinalizer(live, finalizer)) return
  try {
    await client.jsonPatch(type, live.metadata, removalOf(live, finalizer), options)
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

export function additionOf(live: KubeObject, finalizer: string): JsonPatchOperation[] {
  const finalizers = live.metadata.finalizers ?? []
  const list = '/metadata/finalizers'
  return [
    ...sameObject(live),
    ...(finalizers.length === 0
      ? [
          { op: 'test', path: list, value: null } as const,
          { op: 'add', path: list, value: [finalizer] } as const,
        ]
      : [
          { op: 'test', path: list, value: finalizers } as const,
          { op: 'add', path: `${list}/-`, value: finalizer } as const,
        ]),
  ]
}

export function removalOf(live: KubeObject, finalizer: string): JsonPatchOperation[] {
  const path = `/metadata/finalizers/${live.metadata.finalizers?.indexOf(finalizer) ?? 0}`
  return [...sameObject(live), { op: 'test', path, value: finalizer }, { op: 'remove', path }]
}

const sameObject = (live: KubeObject): JsonPatchOperation[] =>
  live.metadata.uid === undefined ? [] : [{ op: 'test', path: '/metadata/uid', value: live.metadata.uid }]

import type { Target } from './calls.ts'
import type { KubeClient } from './client.ts'
import { isConflict, isNotFound } from './errors.ts'
import type { KubeObject } from './object.ts'
import type { ResourceType } from './resource.ts'

/** Deletes this object and no other: one that is gone already, or another of its name by now, is what was wanted. */
export async function deleteVery<T extends KubeObject>(
  client: KubeClient,
  type: ResourceType<T>,
  { namespace, name }: Target,
  uid: string | undefined,
  signal: AbortSignal,
  gracePeriodSeconds?: number,
): Promise<void> {
  try {
    await client.delete(
      type,
      { namespace, name },
      {
        uid,
        signal,
        ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
      },
    )
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error
  }
}

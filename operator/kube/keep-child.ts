import type { Applier } from './apply.ts'
import type { KubeClient } from './client.ts'
import { deleteVery } from './delete-very.ts'
import type { Intent, KubeObject } from './object.ts'
import type { ResourceType } from './resource.ts'

/** What became of a child. `taken`: an object of that name belongs to somebody else, and was left alone. */
export type Kept = 'done' | 'taken'

export type Child<T extends KubeObject> = Readonly<{
  type: ResourceType<T>
  name: string
  namespace: string
  /** Undefined: there is to be none. */
  wanted: Intent<T> | undefined
  /** The object as the store has it. */
  live: T | undefined
  isOurs: (object: T) => boolean
}>

/**
 * Brings an object that is made for another one to what it is to be: applied, or deleted. Never touches one of the same name that
 * is somebody else's, whether the store shows it or not. Throws KubeError.
 */
export async function keepChild<T extends KubeObject>(
  { type, name, namespace, wanted, live, isOurs }: Child<T>,
  { client, applier }: Readonly<{ client: KubeClient; applier: Applier }>,
  signal: AbortSignal,
): Promise<Kept> {
  const target = { name, namespace }
  if (wanted === undefined) {
    if (live === undefined || !isOurs(live) || live.metadata.deletionTimestamp !== undefined) return 'done'
    await deleteVery(client, type, target, live.metadata.uid, signal)
    applier.forget(type, target)
    return 'done'
  }
  // The store may show only objects with our label, and lags behind.
  const found = live ?? (await client.find(type, target, { signal }))
  if (found !== undefined && !isOurs(found)) return 'taken'
  // What goes is not held up: the next look finds the name free.
  if (found?.metadata.deletionTimestamp !== undefined) return 'done'
  await applier.apply(type, wanted, found, { signal })
  return 'done'
}

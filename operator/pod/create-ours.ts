import type { KubeClient } from '../kube/client.ts'
import { isAlreadyExists } from '../kube/errors.ts'
import type { Intent, KubeObject } from '../kube/object.ts'
import type { ResourceType } from '../kube/resource.ts'
import { Refused, refusalOf } from './refused.ts'

/** Whose child is made: what it is called in messages, how to tell that an object is one of its own, and what helps where it is not. */
export type Whose = Readonly<{
  /** Such as `image`. */
  what: string
  isOurs: (object: KubeObject) => boolean
  /** Such as `delete it`. */
  remedy: string
}>

/**
 * Makes an object, or finds that it was made before and is not in the cache yet. Throws Refused where the API server will not
 * have it or something else has its name; KubeError.
 */
export async function createOurs<T extends KubeObject>(
  client: KubeClient,
  type: ResourceType<T>,
  intent: Intent<T>,
  whose: Whose,
  signal: AbortSignal,
): Promise<void> {
  try {
    await client.create(type, intent, { signal })
    return
  } catch (error) {
    if (!isAlreadyExists(error)) throw refusalOf(error, `the ${whose.what}'s ${type.kind}`)
  }
  const other = await client.find(type, intent.metadata, { signal })
  if (other === undefined || whose.isOurs(other)) return
  throw nameTaken(type.kind, intent.metadata.name, whose)
}

/** What is said where something else has the name that a child needs. */
export const nameTaken = (kind: string, name: string, { what, remedy }: Whose) =>
  new Refused('NameTaken', `${kind} ${name} exists and does not belong to this ${what}: ${remedy}.`)

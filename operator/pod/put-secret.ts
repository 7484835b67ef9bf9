import type { JsonPatchOperation } from '../kube/calls.ts'
import type { KubeClient } from '../kube/client.ts'
import { isAlreadyExists, isConflict, isInvalid } from '../kube/errors.ts'
import type { Intent, KubeObject, Secret } from '../kube/object.ts'
import { ownerReference } from '../kube/owner.ts'
import { secrets } from '../kube/resource.ts'

/**
 * What became of a Secret that was to be there. `former`: one of a former owner of the same name is in the way, and the
 * cluster is about to collect it. `taken`: it belongs to something else.
 */
export type PutOutcome = 'done' | 'former' | 'taken'

/**
 * Makes the Secret, or renews the one that is `owner`'s: by its owner reference, or where somebody took that off, by the
 * labels named in `identity`. Secrets are never read, and never taken from somebody else. Throws KubeError.
 */
export async function putSecret(
  client: KubeClient,
  owner: KubeObject,
  intent: Intent<Secret>,
  identity: readonly string[],
  signal: AbortSignal,
): Promise<PutOutcome> {
  try {
    await client.create(secrets, intent, { signal })
    return 'done'
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
  }
  const { name, namespace } = intent.metadata
  const patch = async (operations: readonly JsonPatchOperation[]): Promise<boolean> => {
    try {
      await client.jsonPatch(secrets, { name, namespace }, operations, { signal })
      return true
    } catch (error) {
      if (!isConflict(error) && !isInvalid(error)) throw error
      return false
    }
  }
  if (await patch(renewal(owner, intent))) return 'done'
  if (await patch(adoption(owner, intent, identity))) return 'done'
  return (await patch(testsOfFormer(owner))) ? 'former' : 'taken'
}

const owners = '/metadata/ownerReferences'

/** Ours by its owner: whatever else of it was changed is put right. */
function renewal({ metadata }: KubeObject, intent: Intent<Secret>): JsonPatchOperation[] {
  return [{ op: 'test', path: `${owners}/0/uid`, value: metadata.uid }, ...contentOf(intent)]
}

/** Ours by its labels, where somebody took its owner off: nothing else claims it. */
function adoption(
  owner: KubeObject,
  intent: Intent<Secret>,
  identity: readonly string[],
): JsonPatchOperation[] {
  const tests = identity.map((label) => ({
    op: 'test' as const,
    path: `/metadata/labels/${label.replaceAll('/', '~1')}`,
    value: intent.metadata.labels?.[label],
  }))
  return [
    ...tests,
    { op: 'test', path: owners, value: null },
    { op: 'add', path: owners, value: [ownerReference(owner, intent.metadata)] },
    ...contentOf(intent),
  ]
}

const contentOf = (intent: Intent<Secret>): JsonPatchOperation[] => [
  { op: 'add', path: '/metadata/labels', value: intent.metadata.labels },
  { op: 'add', path: '/data', value: intent.data },
]

/** Only looks: owned by an object of this kind and name, though not by this one. */
function testsOfFormer({ kind, metadata }: KubeObject): JsonPatchOperation[] {
  return [
    { op: 'test', path: `${owners}/0/kind`, value: kind },
    { op: 'test', path: `${owners}/0/name`, value: metadata.name },
  ]
}

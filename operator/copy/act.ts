import { labels } from '../api/labels.ts'
import type { Config } from '../config.ts'
import type { Target } from '../kube/calls.ts'
import type { KubeClient } from '../kube/client.ts'
import { isAlreadyExists, isConflict, isNotFound } from '../kube/errors.ts'
import type { Intent, KubeObject, Pod, Secret } from '../kube/object.ts'
import { persistentVolumeClaims, pods, secrets } from '../kube/resource.ts'
import { putSecret } from '../pod/put-secret.ts'
import { Refused, refusalOf } from '../pod/refused.ts'
import type { CopyAction, CopyObserved } from './decide.ts'
import { sourceName, sourceWorker, targetName, targetWorker } from './desired.ts'
import { copyAnnotations, recordText } from './record.ts'

export type CopyActDependencies = Readonly<{
  client: KubeClient
  masterKey: Uint8Array
  config: Pick<Config, 'runnerImage' | 'runnerImagePullPolicy'>
}>

/** Carries out a step. Each may be done again without harm. Throws Refused, KubeError. */
export async function act(
  action: CopyAction,
  { copy }: CopyObserved,
  dependencies: CopyActDependencies,
  signal: AbortSignal,
): Promise<void> {
  const { client } = dependencies
  const { claim, record } = copy
  const input = { ...dependencies, claim, record }
  const { namespace, name, uid, resourceVersion } = claim.metadata
  switch (action.kind) {
    case 'note': {
      const annotations = { [copyAnnotations.record]: recordText(action.record) }
      // Over the very claim that was looked at.
      const metadata = { uid, resourceVersion, annotations }
      await client.mergePatch(persistentVolumeClaims, { namespace, name }, { metadata }, { signal })
      return
    }
    case 'deleteClaim':
      await gone(client.delete(persistentVolumeClaims, { namespace, name }, { uid, signal }))
      return
    case 'removeWorkers': {
      await removeWorker(client, { namespace, name: targetName(claim) }, signal)
      await removeWorker(client, { namespace: record.of.namespace, name: sourceName(input) }, signal)
      return
    }
    case 'createSource': {
      const source = action.source.claim
      const owner = claim.metadata.namespace === source.metadata.namespace ? claim : source
      await createWorker(client, owner, sourceWorker({ ...input, source }), signal)
      return
    }
    case 'createTarget':
      await createWorker(
        client,
        claim,
        targetWorker({ ...input, host: action.host, node: action.node }),
        signal,
      )
  }
}

async function createWorker(
  client: KubeClient,
  owner: KubeObject,
  { pod, secret }: Readonly<{ pod: Intent<Pod>; secret: Intent<Secret> }>,
  signal: AbortSignal,
): Promise<void> {
  const { name } = secret.metadata
  const outcome = await putSecret(client, owner, secret, [labels.copyOf, labels.managedBy], signal).catch(
    (error: unknown) => {
      throw refusalOf(error, `Secret ${name} of a copy`)
    },
  )
  if (outcome !== 'done')
    throw new Refused('NameTaken', `Secret ${name} exists and belongs to something else: delete it`)
  try {
    await client.create(pods, pod, { signal })
  } catch (error) {
    // Made before, and not in the cache yet.
    if (!isAlreadyExists(error)) throw refusalOf(error, `worker pod ${name}`)
  }
}

/** The Secret first, which nobody would find any more without the pod. Throws KubeError. */
export async function removeWorker(client: KubeClient, target: Target, signal: AbortSignal): Promise<void> {
  await gone(client.delete(secrets, target, { signal }))
  await gone(client.delete(pods, target, { signal }))
}

/** What is gone already is what was wanted. */
async function gone(deletion: Promise<void>): Promise<void> {
  try {
    await deletion
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error
  }
}

import { labels } from '../api/labels.ts'
import type { Config } from '../config.ts'
import type { KubeClient } from '../kube/client.ts'
import { deleteVery } from '../kube/delete-very.ts'
import { isAlreadyExists } from '../kube/errors.ts'
import type { Intent, KubeObject, Pod, Secret } from '../kube/object.ts'
import { persistentVolumeClaims, pods } from '../kube/resource.ts'
import { putSecret } from '../pod/put-secret.ts'
import { Refused, refusalOf } from '../pod/refused.ts'
import { removeWorker } from '../worker/remove.ts'
import type { CopyAction, CopyObserved } from './decide.ts'
import { sourceName, sourceWorker, targetName, targetWorker } from './desired.ts'
import { copyAnnotations, recordText } from './record.ts'

export type CopyActDependencies = Readonly<{
  client: KubeClient
  masterKey: Uint8Array
  config: Pick<Config, 'runnerImage' | 'runnerImagePullPolicy' | 'nodeLossSeconds'>
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
      await deleteVery(client, persistentVolumeClaims, { namespace, name }, uid, signal)
      return
    case 'removeWorkers': {
      await removeWorker({ namespace, name: targetName(claim) }, client, signal)
      await removeWorker({ namespace: record.of.namespace, name: sourceName(input) }, client, signal)
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

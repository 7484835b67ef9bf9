import { labels } from '../api/labels.ts'
import type { Config } from '../config.ts'
import type { KubeClient } from '../kube/client.ts'
import { deleteVery } from '../kube/delete-very.ts'
import type { Intent, KubeObject, Pod, Secret } from '../kube/object.ts'
import { persistentVolumeClaims, pods } from '../kube/resource.ts'
import { createOurs, nameTaken, type Whose } from '../pod/create-ours.ts'
import { putSecret } from '../pod/put-secret.ts'
import { refusalOf } from '../pod/refused.ts'
import { removeWorker } from '../worker/remove.ts'
import type { CopyAction, CopyObserved } from './decide.ts'
import { sourceName, sourceWorker, targetName, targetWorker } from './desired.ts'
import { type CopyRecord, copyAnnotations, ownerKey, recordText, servedObject } from './record.ts'

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
  const whose = whoseOf(record)
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
      await createWorker(client, owner, sourceWorker({ ...input, source }), whose, signal)
      return
    }
    case 'createTarget':
      await createWorker(
        client,
        claim,
        targetWorker({ ...input, host: action.host, node: action.node }),
        whose,
        signal,
      )
  }
}

async function createWorker(
  client: KubeClient,
  owner: KubeObject,
  { pod, secret }: Readonly<{ pod: Intent<Pod>; secret: Intent<Secret> }>,
  whose: Whose,
  signal: AbortSignal,
): Promise<void> {
  const { name } = secret.metadata
  const outcome = await putSecret(client, owner, secret, [labels.copyOf, labels.managedBy], signal).catch(
    (error: unknown) => {
      throw refusalOf(error, `Secret ${name} of a copy`)
    },
  )
  if (outcome !== 'done') throw nameTaken('Secret', name, whose)
  await createOurs(client, pods, pod, whose, signal)
}

/** By what a worker says itself: across namespaces, the claim that it reads owns it, and that may be another one by now. */
const whoseOf = ({ of }: CopyRecord): Whose => ({
  what: 'copy',
  remedy: 'delete it',
  isOurs: (object) => servedObject(object).includes(ownerKey(of)),
})

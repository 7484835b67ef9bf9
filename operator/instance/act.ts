import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import { labels, labelValues } from '../api/labels.ts'
import type { Reason } from '../api/reasons.ts'
import type { Config } from '../config.ts'
import type { VmControl } from '../control/client.ts'
import { controlKey } from '../control/key.ts'
import type { JsonPatchOperation, Target } from '../kube/calls.ts'
import type { KubeClient } from '../kube/client.ts'
import {
  isAlreadyExists,
  isConflict,
  isForbidden,
  isInvalid,
  isNotFound,
  type KubeError,
} from '../kube/errors.ts'
import type { Intent, Pod, Secret } from '../kube/object.ts'
import { ownerReference } from '../kube/owner.ts'
import { pods, secrets } from '../kube/resource.ts'
import { childName } from './children.ts'
import { vmPod } from './desired/pod.ts'
import { instanceSecret } from './desired/secret.ts'
import type { Observed } from './observed.ts'
import { isOurs, type Restoration, restorationOf } from './ownership.ts'
import { viewPod } from './pod-view.ts'
import type { Action } from './verdict.ts'

export type ActDependencies = Readonly<{
  client: KubeClient
  control: VmControl
  masterKey: Uint8Array
  config: Config
  now: () => Date
}>

/** The world does not let it be done, and says why: for a condition, not for a retry. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly reason: Reason
  constructor(reason: Reason, message: string) {
    super(message)
    this.reason = reason
  }
}

/** Something of a former instance of the same name is in the way, and the cluster is about to collect it. */
export class FormerInTheWay extends Error {
  override readonly name = 'FormerInTheWay'
}

/** The pod that was made, or was found to have been made before without anybody having noticed. */
export type Creation = Readonly<{ pod: Pod; isNew: boolean }>

/**
 * Carries out the one action of a verdict; gives what became of a creation. Each may be done again without harm.
 * Throws Refused, FormerInTheWay, KubeError, ControlError.
 */
export async function act(
  action: Action,
  observed: Observed,
  dependencies: ActDependencies,
  signal: AbortSignal,
): Promise<Creation | undefined> {
  switch (action.kind) {
    case 'create':
      await putSecret(observed.instance, dependencies, signal)
      return createPod(action, observed, dependencies, signal)
    case 'delete': {
      const { namespace, name } = observed.instance.metadata
      const target = { namespace, name: childName(name) }
      await deleteThePod(action.podUID, target, dependencies.client, signal)
      return undefined
    }
    case 'pause':
    case 'resume':
      await setPaused(action.kind === 'pause', observed, dependencies)
      return undefined
  }
}

/** Puts back what somebody took off a pod. Rejects with a conflict when the pod changed since it was looked at. */
export async function restore(
  { podUID: uid, resourceVersion, labels: lost, ownerReferences }: Restoration,
  instance: EphemeralInstance,
  { client }: Pick<ActDependencies, 'client'>,
  signal: AbortSignal,
): Promise<Pod> {
  const { name, namespace } = instance.metadata
  const metadata = {
    uid,
    resourceVersion,
    ...(lost === undefined ? {} : { labels: lost }),
    ...(ownerReferences === undefined ? {} : { ownerReferences }),
  }
  return client.mergePatch(pods, { namespace, name: childName(name) }, { metadata }, { signal })
}

/** Deletes a pod whose instance is gone, and which nothing else would ever delete. */
export async function removeLeftBehind(
  pod: Pod,
  { client }: Pick<ActDependencies, 'client'>,
  signal: AbortSignal,
): Promise<void> {
  await deleteThePod(pod.metadata.uid, pod.metadata, client, signal)
}

/** Makes the Secret, or renews the one that is ours. Secrets are never read, and never taken from somebody else. */
async function putSecret(
  instance: EphemeralInstance,
  { client, masterKey }: ActDependencies,
  signal: AbortSignal,
): Promise<void> {
  const intent = instanceSecret(instance, masterKey)
  try {
    await client.create(secrets, intent, { signal })
    return
  } catch (error) {
    if (!isAlreadyExists(error)) throw refusalOf(error, 'Secret')
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
  if (await patch(renewal(instance, intent))) return
  if (await patch(adoption(instance, intent))) return
  if (await patch(testsOfFormer(instance))) {
    throw new FormerInTheWay('The Secret of a former instance of the same name is still going.')
  }
  throw new Refused(
    'NameTaken',
    `Secret ${name} exists and does not belong to this instance: delete that Secret, or give the instance another name.`,
  )
}

const owners = '/metadata/ownerReferences'

/** Ours by its owner: whatever else of it was changed is put right. */
function renewal({ metadata }: EphemeralInstance, intent: Intent<Secret>): JsonPatchOperation[] {
  return [{ op: 'test', path: `${owners}/0/uid`, value: metadata.uid }, ...contentOf(intent)]
}

/** Ours by its labels, where somebody took its owner off: nothing else claims it. */
function adoption(instance: EphemeralInstance, intent: Intent<Secret>): JsonPatchOperation[] {
  const label = (name: string) => `/metadata/labels/${name.replaceAll('/', '~1')}`
  const owner = ownerReference(instance, intent.metadata)
  return [
    { op: 'test', path: label(labels.instance), value: instance.metadata.name },
    { op: 'test', path: label(labels.managedBy), value: labelValues.managedBy },
    { op: 'test', path: owners, value: null },
    { op: 'add', path: owners, value: [owner] },
    ...contentOf(intent),
  ]
}

const contentOf = (intent: Intent<Secret>): JsonPatchOperation[] => [
  { op: 'add', path: '/metadata/labels', value: intent.metadata.labels },
  { op: 'add', path: '/data', value: intent.data },
]

/** Only looks: owned by an instance of this name, though not by this one. */
function testsOfFormer({ kind, metadata }: EphemeralInstance): JsonPatchOperation[] {
  return [
    { op: 'test', path: `${owners}/0/kind`, value: kind },
    { op: 'test', path: `${owners}/0/name`, value: metadata.name },
  ]
}

async function createPod(
  { size, restartsBefore }: Extract<Action, { kind: 'create' }>,
  observed: Observed,
  { client, config, now }: ActDependencies,
  signal: AbortSignal,
): Promise<Creation | undefined> {
  const { instance } = observed
  const intent = vmPod({ instance, size, config, restartsBefore, createdAt: now().toISOString() })
  try {
    return { pod: await client.create(pods, intent, { signal }), isNew: true }
  } catch (error) {
    if (!isAlreadyExists(error)) throw refusalOf(error, 'pod')
  }
  const { name, namespace } = intent.metadata
  const other = await client.find(pods, { name, namespace }, { signal })
  // Gone again, or going: the next look finds the name free.
  if (other === undefined || other.metadata.deletionTimestamp !== undefined) return undefined
  if (!isOurs(observed, other)) {
    throw new Refused(
      'NameTaken',
      `Pod ${name} exists and does not belong to this instance: delete that pod, or give the instance another name.`,
    )
  }
  // Ours, and the cache does not show it: not yet, or because the labels that it is found by were taken off.
  const restoration = restorationOf(instance, other)
  const pod = restoration === undefined ? other : await restore(restoration, instance, { client }, signal)
  return { pod, isNew: false }
}

/** What the API server says when quota, policy or Pod Security forbids an object, as a Refused; others as they are. */
function refusalOf(error: unknown, what: string): unknown {
  if (!isForbidden(error) && !isInvalid(error)) return error
  const { message } = error as KubeError
  const reason = message.includes('exceeded quota') ? 'QuotaExceeded' : 'PodRefused'
  return new Refused(reason, `The API server refuses the VM's ${what}: ${message}`)
}

/** This pod and no other: one that is gone already, or another of its name by now, is what was wanted. */
async function deleteThePod(
  uid: string | undefined,
  { namespace, name }: Target,
  client: KubeClient,
  signal: AbortSignal,
): Promise<void> {
  try {
    await client.delete(pods, { namespace, name }, { uid, signal })
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error
  }
}

async function setPaused(
  paused: boolean,
  { instance, pod }: Observed,
  { control, masterKey }: ActDependencies,
): Promise<void> {
  if (pod === undefined) return
  const [host = ''] = viewPod(pod).ips
  await control.setPaused({ host, key: controlKey(masterKey, instance.metadata.uid ?? '') }, paused)
}

import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import { labels } from '../api/labels.ts'
import type { Reason } from '../api/reasons.ts'
import type { Config } from '../config.ts'
import type { VmControl } from '../control/client.ts'
import { controlKey } from '../control/key.ts'
import type { KubeClient } from '../kube/client.ts'
import {
  isAlreadyExists,
  isConflict,
  isForbidden,
  isInvalid,
  isNotFound,
  type KubeError,
} from '../kube/errors.ts'
import { isControlledBy } from '../kube/owner.ts'
import { pods, secrets } from '../kube/resource.ts'
import { childName } from './children.ts'
import { vmPod } from './desired/pod.ts'
import { instanceSecret } from './desired/secret.ts'
import type { Observed } from './observed.ts'
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

/** Carries out the one action of a verdict. Each may be done again without harm. Throws Refused, KubeError, ControlError. */
export async function act(
  action: Action,
  observed: Observed,
  dependencies: ActDependencies,
  signal: AbortSignal,
): Promise<void> {
  switch (action.kind) {
    case 'create':
      await putSecret(observed.instance, dependencies, signal)
      return createPod(action, observed.instance, dependencies, signal)
    case 'delete':
      return deletePod(action.podUID, observed.instance, dependencies, signal)
    case 'pause':
    case 'resume':
      return setPaused(action.kind === 'pause', observed, dependencies)
  }
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
  const label = `/metadata/labels/${labels.instance.replace('/', '~1')}`
  const operations = [
    { op: 'test' as const, path: label, value: instance.metadata.name },
    { op: 'test' as const, path: '/metadata/ownerReferences/0/uid', value: instance.metadata.uid },
    { op: 'replace' as const, path: '/data', value: intent.data },
  ]
  try {
    await client.jsonPatch(secrets, { name, ...(namespace === undefined ? {} : { namespace }) }, operations, {
      signal,
    })
  } catch (error) {
    if (!isConflict(error) && !isInvalid(error)) throw error
    throw new Refused(
      'NameTaken',
      `Secret ${name} exists and does not belong to this instance: delete that Secret, or give the instance another name.`,
    )
  }
}

async function createPod(
  action: Extract<Action, { kind: 'create' }>,
  instance: EphemeralInstance,
  { client, config, now }: ActDependencies,
  signal: AbortSignal,
): Promise<void> {
  const { size, restartsBefore } = action
  const intent = vmPod({ instance, size, config, restartsBefore, createdAt: now().toISOString() })
  try {
    await client.create(pods, intent, { signal })
  } catch (error) {
    if (!isAlreadyExists(error)) throw refusalOf(error, 'pod')
    const { name, namespace } = intent.metadata
    const other = await client.find(
      pods,
      { name, ...(namespace === undefined ? {} : { namespace }) },
      { signal },
    )
    // Ours, and just not seen yet; or gone again: both show in a moment.
    if (other === undefined || isControlledBy(other, instance)) return
    throw new Refused(
      'NameTaken',
      `Pod ${name} exists and does not belong to this instance: delete that pod, or give the instance another name.`,
    )
  }
}

/** What the API server says when quota, policy or Pod Security forbids an object, as a Refused; others as they are. */
function refusalOf(error: unknown, what: string): unknown {
  if (!isForbidden(error) && !isInvalid(error)) return error
  const { message } = error as KubeError
  const reason = message.includes('exceeded quota') ? 'QuotaExceeded' : 'PodRefused'
  return new Refused(reason, `The API server refuses the VM's ${what}: ${message}`)
}

async function deletePod(
  uid: string,
  instance: EphemeralInstance,
  { client }: ActDependencies,
  signal: AbortSignal,
): Promise<void> {
  const { name, namespace } = instance.metadata
  const target = { name: childName(name), ...(namespace === undefined ? {} : { namespace }) }
  try {
    await client.delete(pods, target, { uid, signal })
  } catch (error) {
    // Gone already, or another pod by now: both are what was wanted of this one.
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

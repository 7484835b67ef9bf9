import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import type { Reason } from '../api/reasons.ts'
import { childName } from '../instance/children.ts'
import type { Applier } from '../kube/apply.ts'
import type { KubeClient } from '../kube/client.ts'
import { isNamespaceTerminating } from '../kube/errors.ts'
import { type Kept, keepChild } from '../kube/keep-child.ts'
import { type Intent, type KubeObject, splitKey } from '../kube/object.ts'
import { isControlledBy } from '../kube/owner.ts'
import type { ResourceType } from '../kube/resource.ts'
import type { Store } from '../kube/store.ts'
import { Refused, refusalOf } from '../pod/refused.ts'
import type { ReconcileContext } from '../runtime/controller.ts'
import type { Fault, Findings } from '../runtime/findings.ts'
import type { Outcome } from '../runtime/outcome.ts'

/** An object that goes along with a VM where its spec asks for it, as a Service does. It is named as the pod is. */
export type Companion<T extends KubeObject> = Readonly<{
  type: ResourceType<T>
  /** Undefined: the instance asks for none. */
  wanted: (instance: EphemeralInstance) => Intent<T> | undefined
  /** What of the status it depends on; absent: nothing. */
  part?: (instance: EphemeralInstance) => unknown
  /** Said where the API server refuses it. */
  refused: Reason
  /** Where the operator sees those that it made. */
  store: Store<T>
}>

export type CompanionReconcileDependencies<T extends KubeObject> = Readonly<{
  companion: Companion<T>
  client: KubeClient
  applier: Applier
  /** Hears what is wrong, under the instance's key. */
  findings: Findings
  instances: Pick<Store<EphemeralInstance>, 'getByKey'>
}>

/** How often it is tried again where a change cannot be seen: a quota, or somebody else's object of that name. */
const retrySeconds = 15

/** Keeps one kind of companion: there where it is asked for, gone where not. */
export class CompanionReconciler<T extends KubeObject> {
  readonly #dependencies: CompanionReconcileDependencies<T>

  constructor(dependencies: CompanionReconcileDependencies<T>) {
    this.#dependencies = dependencies
  }

  async reconcile(key: string, { signal }: ReconcileContext): Promise<Outcome> {
    const { companion, instances, findings } = this.#dependencies
    const { kind } = companion.type
    const instance = instances.getByKey(key)
    // What it owned goes with it.
    if (instance === undefined || instance.metadata.deletionTimestamp !== undefined) {
      findings.note(key, kind, undefined)
      return {}
    }
    const fault = await this.#keep(key, instance, signal)
    findings.note(key, kind, fault)
    return fault === undefined ? {} : { requeueAfterSeconds: retrySeconds }
  }

  async #keep(
    key: string,
    instance: EphemeralInstance,
    signal: AbortSignal,
  ): Promise<(Fault & { reason: Reason }) | undefined> {
    const { type, wanted, store, refused } = this.#dependencies.companion
    const { namespace = '' } = splitKey(key)
    const name = childName(instance.metadata.name)
    const child = {
      type,
      name,
      namespace,
      wanted: wanted(instance),
      live: store.get(namespace, name),
      isOurs: (object: T) => isControlledBy(object, instance),
    }
    let kept: Kept
    try {
      kept = await keepChild(child, this.#dependencies, signal)
    } catch (error) {
      if (isNamespaceTerminating(error)) return undefined
      const refusal = refusalOf(error, `${type.kind} ${name}`)
      if (!(refusal instanceof Refused)) throw error
      return { reason: refused, message: refusal.message }
    }
    if (kept === 'done') return undefined
    const message = `${type.kind} ${name} exists and does not belong to this instance: delete that ${type.kind}, or give the instance another name.`
    return { reason: 'NameTaken', message }
  }
}

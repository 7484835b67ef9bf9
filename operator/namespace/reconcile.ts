import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import type { Reason } from '../api/reasons.ts'
import type { Config } from '../config.ts'
import { instancesService } from '../instance/hostname.ts'
import type { Applier } from '../kube/apply.ts'
import type { KubeClient } from '../kube/client.ts'
import { isNamespaceTerminating } from '../kube/errors.ts'
import { keepChild } from '../kube/keep-child.ts'
import type { NetworkPolicy, Service } from '../kube/object.ts'
import { networkPolicies, services } from '../kube/resource.ts'
import type { Store } from '../kube/store.ts'
import { Refused, refusalOf } from '../pod/refused.ts'
import type { ReconcileContext } from '../runtime/controller.ts'
import type { Fault, Findings } from '../runtime/findings.ts'
import type { Outcome } from '../runtime/outcome.ts'
import { wall, wallName } from '../security/policy.ts'
import { isOfOperator, nameService } from './desired.ts'

export type NamespaceReconcileDependencies = Readonly<{
  client: KubeClient
  applier: Applier
  /** Hears what is wrong, under the namespace's name. */
  findings: Findings
  /** Indexed by `namespace`. */
  instances: Pick<Store<EphemeralInstance>, 'byIndex'>
  services: Pick<Store<Service>, 'get'>
  policies: Pick<Store<NetworkPolicy>, 'get'>
  config: Pick<Config, 'namespace'>
  now: () => Date
}>

/** How long what serves the VMs of a namespace outlives the last of them: the next one may come in a moment. */
const lingerSeconds = 60

/** How often it is tried again where a change cannot be seen: whoever has the name does not carry our label. */
const retrySeconds = 15

/** Keeps what serves all VMs of a namespace: there as long as there are VMs. */
export class NamespaceReconciler {
  readonly #dependencies: NamespaceReconcileDependencies
  /** Since when a namespace has no instance, as far as this process saw. */
  readonly #emptySince = new Map<string, number>()

  constructor(dependencies: NamespaceReconcileDependencies) {
    this.#dependencies = dependencies
  }

  async reconcile(namespace: string, { signal }: ReconcileContext): Promise<Outcome> {
    const { instances, findings } = this.#dependencies
    const isEmpty = instances.byIndex('namespace', namespace).length === 0
    const left = isEmpty ? this.#leftToLinger(namespace) : 0
    if (!isEmpty) this.#emptySince.delete(namespace)
    if (left > 0) return { requeueAfterSeconds: left }
    const fault = await this.#keepNames(namespace, !isEmpty, signal)
    findings.note(namespace, 'names', fault)
    const isOpen = await this.#keepWall(namespace, signal)
    findings.note(namespace, 'wall', isOpen)
    if (isEmpty) this.#emptySince.delete(namespace)
    return fault === undefined && isOpen === undefined ? {} : { requeueAfterSeconds: retrySeconds }
  }

  #leftToLinger(namespace: string): number {
    const now = this.#dependencies.now().getTime()
    const since = this.#emptySince.get(namespace) ?? now
    this.#emptySince.set(namespace, since)
    return lingerSeconds - (now - since) / 1000
  }

  /** What closes the VMs that have security groups; the groups open them. */
  async #keepWall(namespace: string, signal: AbortSignal): Promise<Fault | undefined> {
    const { instances, policies, config } = this.#dependencies
    const isWanted = instances
      .byIndex('namespace', namespace)
      .some(({ spec }) => (spec.securityGroups?.length ?? 0) > 0)
    const child = {
      type: networkPolicies,
      name: wallName,
      namespace,
      wanted: isWanted ? wall(namespace, config.namespace) : undefined,
      live: policies.get(namespace, wallName),
      isOurs: isOfOperator,
    }
    try {
      if ((await keepChild(child, this.#dependencies, signal)) === 'done') return undefined
    } catch (error) {
      if (isNamespaceTerminating(error)) return undefined
      const refusal = refusalOf(error, `NetworkPolicy ${wallName}`)
      if (!(refusal instanceof Refused)) throw error
      return { reason: 'PolicyRefused', message: refusal.message }
    }
    const message = `NetworkPolicy ${wallName} of the namespace is not the operator's, so that VMs with security groups may be open: delete it.`
    return { reason: 'PolicyRefused', message }
  }

  async #keepNames(
    namespace: string,
    isWanted: boolean,
    signal: AbortSignal,
  ): Promise<(Fault & { reason: Reason }) | undefined> {
    const child = {
      type: services,
      name: instancesService,
      namespace,
      wanted: isWanted ? nameService(namespace) : undefined,
      live: this.#dependencies.services.get(namespace, instancesService),
      isOurs: isOfOperator,
    }
    try {
      const kept = await keepChild(child, this.#dependencies, signal)
      if (kept === 'done') return undefined
    } catch (error) {
      if (isNamespaceTerminating(error)) return undefined
      const refusal = refusalOf(error, `Service ${instancesService}, which gives VMs their names`)
      if (!(refusal instanceof Refused)) throw error
      return { reason: 'ServiceRefused', message: refusal.message }
    }
    const message = `Service ${instancesService} of the namespace is not the operator's, so that VMs have no names in DNS: delete that Service, or give it another name.`
    return { reason: 'HostnameTaken', message }
  }
}

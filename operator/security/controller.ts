import { type SecurityGroup, securityGroup } from '../api/security-group.ts'
import { securityGroupType } from '../api/types.ts'
import type { Caches } from '../caches.ts'
import type { Applier } from '../kube/apply.ts'
import type { KubeClient } from '../kube/client.ts'
import { setConditions } from '../kube/conditions.ts'
import { isNamespaceTerminating, isNotFound } from '../kube/errors.ts'
import { keepChild } from '../kube/keep-child.ts'
import { keyOf, objectKey } from '../kube/object.ts'
import { isControlledBy } from '../kube/owner.ts'
import { networkPolicies } from '../kube/resource.ts'
import { Refused, refusalOf } from '../pod/refused.ts'
import { Controller, type ControllerOptions } from '../runtime/controller.ts'
import type { Fault } from '../runtime/findings.ts'
import { groupPolicy, policyName } from './policy.ts'

export type SecurityGroupControllerOptions = Readonly<{
  client: KubeClient
  applier: Applier
  caches: Caches
  now: () => Date
  controller: Pick<ControllerOptions, 'log' | 'emit' | 'workers' | 'clock'>
}>

/** How often it is tried again where a change cannot be seen: a quota, or somebody else's policy of that name. */
const retrySeconds = 15

/** The controller of security groups: each becomes a NetworkPolicy. */
export function securityGroupController(options: SecurityGroupControllerOptions): Controller {
  const { caches, applier, client, now } = options
  const groups = caches.securityGroups.store
  const policies = caches.policies.store
  const controller = new Controller({
    ...options.controller,
    name: 'securitygroup',
    backoff: { capMs: 60_000 },
    reconcile: async (key, { signal, log }) => {
      const group = groups.getByKey(key)
      // Its policy goes with it; the wall stays.
      if (group === undefined || group.metadata.deletionTimestamp !== undefined) return {}
      const parsed = securityGroup.safeParse(group)
      if (!parsed.success) {
        log.warn('Spec is not understood', { issues: parsed.error.issues })
        return {}
      }
      const fault = await keep({ ...group, spec: parsed.data.spec }, signal)
      await say(group, fault, signal)
      return fault === undefined ? {} : { requeueAfterSeconds: retrySeconds }
    },
  })

  async function keep(group: SecurityGroup, signal: AbortSignal): Promise<Fault | undefined> {
    const { name, namespace = '' } = group.metadata
    const child = {
      type: networkPolicies,
      name: policyName(name),
      namespace,
      wanted: groupPolicy(group),
      live: policies.get(namespace, policyName(name)),
      isOurs: (policy: Parameters<typeof isControlledBy>[0]) => isControlledBy(policy, group),
    }
    try {
      if ((await keepChild(child, { client, applier }, signal)) === 'done') return undefined
    } catch (error) {
      if (isNamespaceTerminating(error)) return undefined
      const refusal = refusalOf(error, `NetworkPolicy ${child.name}`)
      if (!(refusal instanceof Refused)) throw error
      return { reason: 'PolicyRefused', message: refusal.message }
    }
    const message = `NetworkPolicy ${child.name} exists and does not belong to this group: delete it, or give the group another name.`
    return { reason: 'NameTaken', message }
  }

  async function say(group: SecurityGroup, fault: Fault | undefined, signal: AbortSignal): Promise<void> {
    const observedGeneration = group.metadata.generation ?? 0
    const ready = {
      type: 'Ready',
      status: fault === undefined ? ('True' as const) : ('False' as const),
      reason: fault?.reason ?? 'PolicyApplied',
      message: fault?.message ?? 'The NetworkPolicy is as the rules say.',
      observedGeneration,
    }
    const conditions = [...setConditions(group.status?.conditions ?? [], [ready], now().getTime())]
    try {
      await applier.applyStatus(securityGroupType, group, { observedGeneration, conditions }, { signal })
    } catch (error) {
      // Deleted meanwhile: there is nobody to tell.
      if (!isNotFound(error)) throw error
    }
  }

  controller.watch(groups)
  controller.watch(policies, ({ metadata: { name, namespace } }) => {
    const group = groups.get(namespace, name.replace(/-esg$/, ''))
    return name.endsWith('-esg') && group !== undefined ? [keyOf(group)] : [objectKey(namespace, name)]
  })
  return controller
}

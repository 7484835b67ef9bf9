import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import { labels, labelValues, securityGroupLabel } from '../api/labels.ts'
import { longestGroupName } from '../api/security-group.ts'
import { ownerReference } from '../kube/owner.ts'

/** The one name that all of an instance's children share: its pod and its Secret are told apart by kind. */
export function childName(instanceName: string): string {
  return `${instanceName}-vm`
}

/** The other way round; undefined for a name that is no child's. */
export function instanceOfChild(childName: string): string | undefined {
  return childName.endsWith('-vm') ? childName.slice(0, -'-vm'.length) : undefined
}

/** What the policies of its security groups select a VM by. On the pod alone, and brought up to date while it runs. */
export function securityLabels({ spec }: Pick<EphemeralInstance, 'spec'>): Record<string, string> {
  const { securityGroups = [] } = spec
  if (securityGroups.length === 0) return {}
  // There is no group of a longer name, and its label would have all of them refused: that of the closed VM, too.
  const names = securityGroups.filter((name) => name.length <= longestGroupName)
  return Object.fromEntries(
    [labels.secured, ...names.map(securityGroupLabel)].map((label) => [label, 'true']),
  )
}

/** Labels that Argo CD writes on what it tracks: on a child they would make Argo think that it owns the child. */
const trackingLabels: readonly string[] = ['app.kubernetes.io/instance', 'argocd.argoproj.io/instance']

/**
 * The children's labels: the instance's own (so that Services and NetworkPolicies select VMs by them), then ours, which win.
 */
export function childLabels(instance: Pick<EphemeralInstance, 'metadata'>): Record<string, string> {
  const own = Object.entries(instance.metadata.labels ?? {}).filter(([key]) => !trackingLabels.includes(key))
  return {
    ...Object.fromEntries(own),
    [labels.name]: labelValues.name,
    [labels.appInstance]: instance.metadata.name,
    [labels.managedBy]: labelValues.managedBy,
    [labels.instance]: instance.metadata.name,
  }
}

/** Name, place, labels and owner of a child: whatever its kind, it goes with the instance. */
export function childMetadata(instance: EphemeralInstance) {
  const { name, namespace } = instance.metadata
  return {
    name: childName(name),
    ...(namespace === undefined ? {} : { namespace }),
    labels: childLabels(instance),
    ownerReferences: [ownerReference(instance, { namespace })],
  }
}

import { nbdPort, reservedPorts } from '../api/guest-port.ts'
import { labels, labelValues, securityGroupLabel } from '../api/labels.ts'
import type { Peer, SecurityGroup, Traffic } from '../api/security-group.ts'
import { controlPort } from '../control/connect.ts'
import type { Intent, NetworkPolicy } from '../kube/object.ts'
import { ownerReference } from '../kube/owner.ts'
import { namespaceLabels } from '../namespace/desired.ts'

type PolicySpec = NonNullable<NetworkPolicy['spec']>
type PolicyPort = Readonly<{ protocol: 'TCP' | 'UDP'; port: number; endPort?: number }>

/** Name of the policy that closes the VMs of a namespace which have security groups. */
export const wallName = 'ephemera-secured'

/** Name of a group's policy. */
export const policyName = (group: string): string => `${group}-esg`

const ofNamespace = (name: string) => ({ matchLabels: { 'kubernetes.io/metadata.name': name } })

/**
 * Closes each VM that has a security group, whether its groups exist or not: what they allow is added to it. Only the operator's own ports
 * are open, to those who need them: the operator, and the workers that copy snapshots.
 */
export function wall(namespace: string, operatorNamespace: string): Intent<NetworkPolicy> {
  const spec = {
    podSelector: { matchLabels: { [labels.secured]: 'true' } },
    policyTypes: ['Ingress', 'Egress'],
    ingress: [
      {
        from: [{ namespaceSelector: ofNamespace(operatorNamespace) }],
        ports: [{ protocol: 'TCP', port: controlPort }],
      },
      {
        from: [{ podSelector: { matchLabels: { [labels.name]: labelValues.worker } } }],
        ports: [{ protocol: 'TCP', port: nbdPort }],
      },
    ],
  }
  // The generated type calls `from` by another name.
  return { metadata: { name: wallName, namespace, labels: namespaceLabels }, spec: spec as PolicySpec }
}

/** What a group allows, for the VMs that have its label. */
export function groupPolicy(group: SecurityGroup): Intent<NetworkPolicy> {
  const { metadata, spec } = group
  const { name, namespace } = metadata
  const egress = spec.egress?.map(({ to, ...traffic }) => ({
    ...portsOf(traffic),
    ...(to === undefined ? {} : { to: to.map(peerOf) }),
  }))
  const policy = {
    podSelector: { matchLabels: { [securityGroupLabel(name)]: 'true' } },
    policyTypes: ['Ingress', 'Egress'],
    ingress: (spec.ingress ?? []).flatMap(({ from, ...traffic }) => {
      const ports = guestPorts(traffic)
      // No ports at all would mean all ports.
      return ports.length === 0 ? [] : [{ ports, ...(from === undefined ? {} : { from: from.map(peerOf) }) }]
    }),
    egress: egress ?? [{}],
  }
  return {
    metadata: {
      name: policyName(name),
      ...(namespace === undefined ? {} : { namespace }),
      labels: namespaceLabels,
      ownerReferences: [ownerReference(group, { namespace })],
    },
    spec: policy as PolicySpec,
  }
}

function peerOf({ cidr, except, group, namespace }: Peer) {
  if (cidr !== undefined) return { ipBlock: { cidr, ...(except === undefined ? {} : { except }) } }
  return {
    ...(group === undefined ? {} : { podSelector: { matchLabels: { [securityGroupLabel(group)]: 'true' } } }),
    ...(namespace === undefined ? {} : { namespaceSelector: ofNamespace(namespace) }),
  }
}

/** What the guest may reach: as the rule says, no port of anybody's is special there. */
function portsOf({ protocol, port, endPort }: Traffic) {
  if (protocol === undefined) return {}
  if (port === undefined) return { ports: [{ protocol }] }
  return { ports: [{ protocol, port, ...(endPort === undefined ? {} : { endPort }) }] }
}

/** What reaches the guest: never the pod's own ports, which are the operator's, however wide a rule is. */
function guestPorts({ protocol, port: only, endPort }: Traffic): PolicyPort[] {
  const port = only ?? 1
  const last = endPort ?? only ?? 65535
  const protocols = protocol === undefined ? (['TCP', 'UDP'] as const) : [protocol]
  const ranges = [
    [port, Math.min(last, reservedPorts.first - 1)],
    [Math.max(port, reservedPorts.last + 1), last],
  ] as const
  return protocols.flatMap((one) =>
    ranges.flatMap(([first, end]) =>
      first > end ? [] : [{ protocol: one, port: first, ...(end === first ? {} : { endPort: end }) }],
    ),
  )
}

import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import type { InstanceStatus } from '../api/instance-status.ts'
import { labels, labelValues } from '../api/labels.ts'
import { childMetadata } from '../instance/children.ts'
import type { Intent, Service } from '../kube/object.ts'

/** The Service that `expose` asks for. */
export function exposingService(instance: EphemeralInstance): Intent<Service> | undefined {
  const { expose, ports } = instance.spec
  if (expose === undefined) return undefined
  const { type = 'ClusterIP', annotations, loadBalancerClass } = expose
  const { name } = instance.metadata
  return {
    metadata: { ...childMetadata(instance), ...(annotations === undefined ? {} : { annotations }) },
    spec: {
      type,
      ipFamilyPolicy: 'PreferDualStack',
      selector: { [labels.name]: labelValues.name, [labels.instance]: name },
      ports: ports.map(({ name: port, port: number, protocol }) => ({
        name: port,
        port: number,
        targetPort: number,
        protocol,
      })),
      ...(loadBalancerClass === undefined ? {} : { loadBalancerClass }),
    },
  }
}

/** What the status says of it. */
export function serviceSummary({ metadata, spec, status }: Service): NonNullable<InstanceStatus['service']> {
  const outside = status?.loadBalancer?.ingress?.flatMap(({ ip, hostname }) => ip ?? hostname ?? []) ?? []
  const inside = (spec?.clusterIPs ?? []).filter((address) => address !== 'None')
  return {
    name: metadata.name,
    type: spec?.type ?? 'ClusterIP',
    addresses: [...(outside.length === 0 ? inside : outside)],
    ports: (spec?.ports ?? []).map(({ name = '', port, nodePort, protocol = 'TCP' }) => ({
      name,
      port,
      ...(nodePort === undefined ? {} : { nodePort }),
      protocol,
    })),
  }
}

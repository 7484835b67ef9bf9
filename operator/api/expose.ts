import { z } from 'zod'
import { rules } from './cel.ts'

/** A Service of the instance's own. */
export const expose = z
  .object({
    type: z
      .enum(['ClusterIP', 'NodePort', 'LoadBalancer'])
      .optional()
      .describe(
        'ClusterIP: an address inside the cluster. NodePort: also a port of every node. LoadBalancer: also an address from outside, where the cluster has a provider of those. Default ClusterIP.',
      ),
    annotations: z
      .record(z.string(), z.string().max(4096))
      .meta(
        rules({
          rule: "self.all(k, !k.matches('^([^/]*[.])?ephemera[.]dev/'))",
          message: "annotations of ephemera.dev are the operator's own: leave them out",
        }),
      )
      .optional()
      .describe('Annotations of the Service, such as those that the provider of load balancers reads.'),
    loadBalancerClass: z
      .string()
      .min(1)
      .max(317)
      .optional()
      .describe('Which provider of load balancers is to serve it, where there are several.'),
  })
  .meta(
    rules({
      rule: "!has(self.loadBalancerClass) || (has(self.type) && self.type == 'LoadBalancer')",
      message: 'loadBalancerClass is for type LoadBalancer: set that type, or leave it out',
    }),
  )
  .describe(
    'A Service for the instance, named NAME-vm, over its ports: an address that stays while VMs come and go, and sends traffic to a VM that answers. Takes effect at once; a port that the VM was not built with answers after the next rebuild.',
  )

/** A Service of the instance's own. */
export type Expose = z.infer<typeof expose>

/** What the status says of that Service. */
export const service = z
  .object({
    name: z.string().max(63).describe('Name of the Service, in the same namespace.'),
    type: z.string().max(63).describe('ClusterIP, NodePort or LoadBalancer.'),
    addresses: z
      .array(z.string().max(253))
      .max(16)
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .describe(
        'Where it is reached: the addresses or names of the load balancer, once it has some; else those inside the cluster.',
      ),
    ports: z
      .array(
        z.object({
          name: z.string().max(15).describe('Name of the port.'),
          port: z.int32().describe('Port at the addresses.'),
          nodePort: z.int32().optional().describe('Port of every node.'),
          protocol: z.string().max(8).describe('TCP or UDP.'),
        }),
      )
      .max(64)
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .describe('Its ports.'),
  })
  .describe('The Service that expose asks for, as it is.')

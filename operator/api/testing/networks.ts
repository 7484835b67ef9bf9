import { but, type Spec } from './specs.ts'

const ports = [{ name: 'ssh', port: 22 }]
const annotated = (annotations: unknown): Spec => but({ network: { annotations } })

export const acceptedNetworks: readonly { name: string; spec: Spec }[] = [
  { name: 'a Service over its ports', spec: but({ ports, expose: {} }) },
  {
    name: 'a load balancer of a class, with annotations',
    spec: but({
      ports,
      expose: {
        type: 'LoadBalancer',
        loadBalancerClass: 'example.com/lb',
        annotations: { 'example.com/pool': 'a' },
      },
    }),
  },
  {
    name: 'a fixed address and a bandwidth',
    spec: annotated({
      'cni.projectcalico.org/ipAddrs': '["10.0.0.7"]',
      'kubernetes.io/egress-bandwidth': '10M',
    }),
  },
  { name: 'security groups', spec: but({ securityGroups: ['web', 'db'] }) },
  { name: 'an eviction that blocks', spec: but({ eviction: 'Block' }) },
  { name: 'an eviction that keeps the disk', spec: but({ eviction: 'SnapshotThenRecreate' }) },
]

export const refusedNetworks: readonly { name: string; spec: Spec; want: RegExp }[] = [
  {
    name: 'a Service over no ports',
    spec: but({ expose: {} }),
    want: /expose needs ports: list in spec\.ports/,
  },
  {
    name: 'an unknown type of Service',
    spec: but({ ports, expose: { type: 'ExternalName' } }),
    want: /supported values: "ClusterIP", "NodePort", "LoadBalancer"/,
  },
  {
    name: 'a class of load balancers without one',
    spec: but({ ports, expose: { loadBalancerClass: 'example.com/lb' } }),
    want: /loadBalancerClass is for type LoadBalancer/,
  },
  {
    name: 'an annotation of our own on the Service',
    spec: but({ ports, expose: { annotations: { 'x.ephemera.dev/a': 'b' } } }),
    want: /annotations of ephemera\.dev are the operator's own/,
  },
  {
    name: 'an annotation of our own on the pod',
    spec: annotated({ 'ephemera.dev/copy': 'x' }),
    want: /only annotations that a network plugin reads/,
  },
  {
    name: 'an annotation that changes what the pod may do',
    spec: annotated({ 'io.kubernetes.cri-o.Devices': '/dev/kvm' }),
    want: /only annotations that a network plugin reads/,
  },
  {
    name: '17 annotations',
    spec: annotated(Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`k8s.ovn.org/${n}`, 'x']))),
    want: /must have at most 16 (items|properties)/,
  },
  { name: 'no security groups at all', spec: but({ securityGroups: [] }), want: /at least 1 items/ },
  { name: 'a security group twice', spec: but({ securityGroups: ['a', 'a'] }), want: /Duplicate value/ },
  {
    name: 'a security group with a space',
    spec: but({ securityGroups: ['a b'] }),
    want: /securityGroups takes names of SecurityGroups/,
  },
  {
    name: 'a security group of a name that none can have',
    spec: but({ securityGroups: ['a'.repeat(58)] }),
    want: /a SecurityGroup has a name of at most 57 characters/,
  },
  {
    name: 'an unknown eviction',
    spec: but({ eviction: 'LiveMigrate' }),
    want: /supported values: "Recreate", "Block"/,
  },
]

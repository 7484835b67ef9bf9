import { z } from 'zod'
import { rules } from './cel.ts'

/**
 * Whose annotations of a pod speak of its network and of nothing else. Others may change what the pod may do on its node, which is more than
 * one who may make instances should decide.
 */
export const networkAnnotations: readonly string[] = [
  'k8s.v1.cni.cncf.io/',
  'v1.multus-cni.io/',
  'cni.projectcalico.org/',
  'ipam.cilium.io/',
  'k8s.ovn.org/',
  'ovn.kubernetes.io/',
  'ipam.spidernet.io/',
  'networking.gke.io/',
  'vpc.amazonaws.com/',
  'kubernetes.io/ingress-bandwidth',
  'kubernetes.io/egress-bandwidth',
]

const isAllowed = networkAnnotations
  .map((start) => (start.endsWith('/') ? `k.startsWith('${start}')` : `k == '${start}'`))
  .join(' || ')

/** How the guest is attached to the network. */
export const network = z
  .object({
    backend: z
      .enum(['Passt', 'Slirp'])
      .optional()
      .describe(
        "Passt: the guest has the pod's own address and sees its clients'. Slirp: the guest sits behind a small NAT at 10.0.2.15. Default: the operator's setting (Passt unless the administrator chose otherwise).",
      ),
    annotations: z
      .record(z.string(), z.string().max(4096))
      .meta({
        maxProperties: 16,
        ...rules({
          rule: `self.all(k, ${isAllowed})`,
          message: `only annotations that a network plugin reads are passed on to the pod: ${networkAnnotations.map((one) => (one.endsWith('/') ? `${one}...` : one)).join(', ')}`,
        }),
      })
      .optional()
      .describe(
        'Annotations for the network plugin of the cluster, passed on to the pod: a fixed address, further networks, a bandwidth. Up to 16.',
      ),
  })
  .describe('How the guest is attached to the network. A change takes effect at the next rebuild.')

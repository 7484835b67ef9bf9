import { z } from 'zod'

const port = (what: string, fallback: number) => z.int().min(1).max(65535).default(fallback).describe(what)

/**
 * The operator's settings. Each can be given as a flag (`--runner-image`), an environment variable
 * (`EPHEMERA_RUNNER_IMAGE`) or a key of the YAML file that `--config` names.
 */
export const configSchema = z.object({
  namespace: z
    .string()
    .min(1)
    .default('ephemera-system')
    .describe('Namespace that the operator runs in; its control key and its lease live there'),
  runnerImage: z.string().min(1).describe('Image of the VM pods'),
  runnerImagePullPolicy: z
    .enum(['Always', 'IfNotPresent', 'Never'])
    .default('IfNotPresent')
    .describe('When nodes pull that image'),
  cpuOvercommit: z
    .number()
    .min(1)
    .max(64)
    .default(4)
    .describe('Virtual CPUs that share one CPU of a node, where the flavor does not say'),
  kvmResource: z
    .string()
    .default('')
    .describe('Extended resource that brings /dev/kvm into a pod; empty: all VMs run under TCG'),
  networkBackend: z
    .enum(['passt', 'slirp'])
    .default('passt')
    .describe('User-mode networking of VMs that do not choose'),
  imageAllowCidrs: z
    .array(z.string())
    .default([])
    .describe('Address ranges that images may be fetched from although they are not public, as 10.0.0.0/8'),
  imageMaxVirtualSize: z
    .string()
    .regex(/^[0-9]+([KMGTP]i?)?$/, 'must be a quantity of bytes such as 512Gi')
    .default('1Ti')
    .describe('Largest virtual size of an image, and most that is unpacked of a download'),
  imageDeadlineSeconds: z
    .int()
    .min(60)
    .default(21_600)
    .describe('Seconds after which a worker that imports an image, or waits for an upload, gives up'),
  imageCopyKeepSeconds: z
    .int()
    .min(0)
    .default(3600)
    .describe('Seconds for which a copy of an image on another node is kept that no VM uses'),
  nodeLossSeconds: z
    .int()
    .min(0)
    .max(86_400)
    .default(20)
    .describe(
      'Seconds for which a VM stays on a node that is not ready or unreachable before it is given up',
    ),
  flavorsFile: z.string().default('').describe('YAML file of the flavors to offer; empty: none'),
  workers: z.int().min(1).max(100).default(8).describe('Instances reconciled at the same time'),
  leaderElection: z.boolean().default(true).describe('Take turns with other replicas over a Lease'),
  leaseSeconds: z
    .int()
    .min(3)
    .max(300)
    .default(15)
    .describe('How long a leader that vanished is waited for; it renews each 2/15 of that'),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('Least level to log'),
  healthPort: port('Port of /livez and /readyz', 8081),
  metricsPort: port('Port of /metrics', 8080),
})

export type Config = Readonly<z.infer<typeof configSchema>>

import { z } from 'zod'

/**
 * The operator's settings. Each can be given as a flag (`--runner-image`), an environment variable
 * (`EPHEMERA_RUNNER_IMAGE`) or in a YAML file; defaults suit the chart.
 */
export const configSchema = z.object({
  /** Namespace that the operator runs in; its control key lives there. */
  namespace: z.string().min(1).default('ephemera-system'),
  /** Image of the VM pods. */
  runnerImage: z.string().min(1),
  runnerImagePullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).default('IfNotPresent'),
  /** Virtual CPUs that share one CPU of a node, where the flavor does not say. */
  cpuOvercommit: z.coerce.number().min(1).max(64).default(4),
  /** Extended resource through which a pod gets /dev/kvm, such as devices.example.org/kvm. Empty: all VMs run under TCG. */
  kvmResource: z.string().default(''),
  networkBackend: z.enum(['passt', 'slirp']).default('passt'),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  healthPort: z.coerce.number().int().min(1).max(65535).default(8081),
  metricsPort: z.coerce.number().int().min(1).max(65535).default(8080),
})

export type Config = Readonly<z.infer<typeof configSchema>>

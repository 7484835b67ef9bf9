import { z } from 'zod'

/** The device plugin's settings: flags, or environment variables as `EPHEMERA_KVM_DEVICES`. */
export const configSchema = z.object({
  resource: z.string().min(1).default('ephemera.dev/kvm').describe('Extended resource that brings /dev/kvm'),
  devices: z
    .int()
    .min(1)
    .max(10_000)
    .default(110)
    .describe('VMs that can have it at the same time, on one node'),
  directory: z
    .string()
    .min(1)
    .default('/var/lib/kubelet/device-plugins')
    .describe("The kubelet's folder of device plugins, at the same path in the container"),
  validSeconds: z
    .int()
    .min(10)
    .default(1260)
    .describe('Seconds after which what the probe said last counts no more'),
  pollSeconds: z.number().min(0.01).default(2).describe('Seconds between two looks'),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('Least level to log'),
})

export type Config = Readonly<z.infer<typeof configSchema>>

import { z } from 'zod'
import { rules } from './cel.ts'

/** Most bytes of network configuration. */
export const networkDataLimit = 65536

/** The guest's network configuration, as cloud-init reads it. No default. */
export const networkData = z
  .string()
  .meta(
    rules({
      rule: `size(bytes(self)) <= ${networkDataLimit}`,
      message: `networkData may hold at most 64 KiB (${networkDataLimit} bytes)`,
    }),
  )
  .optional()
  .describe(
    'Network configuration of the guest, passed on byte for byte: with seedFormat NoCloud the file network-config (version 1, or 2 as netplan has it), with ConfigDrive network_data.json. Default: none; guests ask by DHCP, which gives them the address that the VM has in the cluster. Another address does not work. A change takes effect at the next rebuild.',
  )

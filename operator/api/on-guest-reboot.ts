import { z } from 'zod'

/** What follows a reboot that the guest decided on. Without a default here: it shapes the pod, and old VMs are not to be asked for a rebuild. */
export const onGuestReboot = z
  .enum(['Keep', 'Rebuild'])
  .optional()
  .describe(
    'What follows when the guest reboots by itself. Keep: the machine goes on with its disk as it is. Rebuild: the VM ends, and a fresh one starts from the boot source, whatever restartPolicy says. Reboots and resets that are asked for by rebootGeneration and resetGeneration keep the disk in any case. Default Keep. A change takes effect at the next rebuild.',
  )

import { z } from 'zod'
import { rules } from './cel.ts'

/** A counter of the spec, each raise of which does something once. */
const counter = (name: string, does: string) =>
  z
    .int32()
    .min(0)
    .default(0)
    .meta(
      rules({
        rule: 'self >= oldSelf',
        message: `${name} can only be raised: each raise ${does} the VM once`,
      }),
    )

export const rebuildGeneration = counter('rebuildGeneration', 'rebuilds').describe(
  'Raise it, and the VM is thrown away and starts from its boot source again, with whatever else in the spec was waiting for a rebuild. Default 0; it cannot be lowered. Takes effect at once.',
)

export const rebootGeneration = counter('rebootGeneration', 'reboots').describe(
  'Raise it, and the guest is asked to reboot: by its guest agent, or else by ctrl-alt-del. A guest that has not rebooted after terminationGracePeriodSeconds is reset. What is on its disk stays. Of no effect while there is no VM that runs: the next start counts. A paused VM is rebooted when it runs again. Default 0; it cannot be lowered. Takes effect at once.',
)

export const resetGeneration = counter('resetGeneration', 'resets').describe(
  "Raise it, and the VM is reset, as by a machine's reset button: the guest is not asked. What it had written to its disk stays. Of no effect while there is no VM that runs: the next start counts. A paused VM is reset when it runs again. Default 0; it cannot be lowered. Takes effect at once.",
)

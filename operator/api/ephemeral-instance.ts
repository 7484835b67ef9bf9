import { z } from 'zod'
import { rules } from './cel.ts'
import { apiVersion } from './group.ts'
import { instanceSpec } from './instance-spec.ts'
import { instanceStatus } from './instance-status.ts'
import { objectMeta } from './object-meta.ts'

/** Longest name of an instance: the names of its children add up to three characters, and a host name has 63. */
export const longestName = 60

/** A disposable VM. Parsing tolerates (and drops) fields that it does not know, for upgrades and downgrades. */
export const ephemeralInstance = z
  .object({
    apiVersion: z.literal(apiVersion),
    kind: z.literal('EphemeralInstance'),
    metadata: objectMeta,
    spec: instanceSpec,
    status: instanceStatus.optional(),
  })
  .meta(
    rules(
      {
        rule: "!has(self.spec.expose) || self.metadata.name.matches('^[a-z]')",
        message:
          'the Service of expose is named after the instance, and a Service begins with a letter: give the instance such a name, or leave expose out',
        fieldPath: '.spec.expose',
      },
      {
        rule: `size(self.metadata.name) <= ${longestName} && self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')`,
        message: `metadata.name becomes the guest's host name: use at most ${longestName} lower-case letters, digits and dashes, no dots`,
      },
    ),
  )
  .describe(
    'An EphemeralInstance is a disposable virtual machine. It runs in one unprivileged pod, on a copy-on-write layer over a shared, read-only base image. Everything written in it is gone when it is stopped, rebuilt or lost.',
  )

/** A disposable VM as the API server hands it out, its spec's defaults filled in. */
export type EphemeralInstance = z.infer<typeof ephemeralInstance>

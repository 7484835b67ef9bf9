import { z } from 'zod'
import { exactlyOneOf, type Rule, rules } from './cel.ts'
import { sourceNames } from './source-names.ts'

/** What a VM is rescued with. Every source is optional here, so that the rule can say what to do when none is given. */
export const rescue = z
  .object({
    image: sourceNames.image.optional().describe('Name of a BaseImage in the same namespace.'),
    snapshot: sourceNames.snapshot.optional().describe('Name of a Snapshot in the same namespace.'),
    claim: sourceNames.claim
      .optional()
      .describe(
        'Name of a PersistentVolumeClaim in the same namespace, with the image as disk.qcow2 or disk.img at its top.',
      ),
  })
  .meta(
    rules({
      rule: exactlyOneOf('image', 'snapshot', 'claim'),
      message:
        'rescue needs exactly one source: set rescue.image, rescue.snapshot or rescue.claim to the name of a BaseImage, a Snapshot, or a PersistentVolumeClaim that holds the image',
    }),
  )
  .describe(
    'Boots the VM from a copy of this image instead of its own disk, and gives it its own disk as a second one (serial number `rescued`) as soon as the rescue system answers, so that it can be repaired. Take rescue away, and the VM is reset and boots from its own disk again, with all that was written to it; the copy is gone. Exactly one source. It is for the VM that runs when it is set: one that is lost or rebuilt meanwhile starts afresh and is not rescued. Takes effect at once; needs powerState Running.',
  )

/** What a VM is rescued with: exactly one member is set, as the schema's rule sees to. */
export type Rescue = z.infer<typeof rescue>

/** Of a whole spec: only a VM that runs can be rescued. */
export const rescueRule: Rule = {
  rule: "!has(self.rescue) || self.powerState == 'Running'",
  message:
    'rescue needs powerState Running: take spec.rescue away first, or in the same change. A VM that is stopped loses its disk, as always',
  fieldPath: '.rescue',
}

/** Which run of which VM is rescued. */
export const rescued = z
  .object({
    kind: z.string().max(63).describe('BaseImage, Snapshot or PersistentVolumeClaim.'),
    name: z.string().max(253).describe('Its name.'),
    podUID: z.string().max(63).describe('The pod of the VM that is rescued: another one has another disk.'),
    restarts: z.int32().min(0).describe('What status.restarts stood at then.'),
    bootedAt: z.iso.datetime().optional().describe('When the rescue system was started.'),
  })
  .optional()
  .describe('What spec.rescue is about, from when it is begun until all of it is taken away.')

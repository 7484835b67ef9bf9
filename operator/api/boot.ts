import { z } from 'zod'
import { exactlyOneOf, rules } from './cel.ts'
import { firmware } from './firmware.ts'
import { objectName } from './object-name.ts'
import { sourceNames } from './source-names.ts'

/** What the disk of a VM starts as. Every source is optional here, so that the rule can say what to do when none is given. */
export const boot = z
  .object({
    image: sourceNames.image
      .optional()
      .describe(
        'Name of a BaseImage, in the same namespace unless imageNamespace says otherwise. The VM starts from the content that the image has then, and keeps it until it is rebuilt.',
      ),
    imageNamespace: objectName('imageNamespace must be the name of a namespace, such as images')
      .optional()
      .describe(
        "Namespace of the BaseImage, where that is not the VM's own. The image's visibility must be Cluster, and RBAC must let the service accounts of the VM's namespace `use` it; the VM boots a copy, which the operator makes in the VM's namespace.",
      ),
    snapshot: sourceNames.snapshot.optional().describe('Name of a Snapshot in the same namespace.'),
    claim: sourceNames.claim
      .optional()
      .describe(
        'Name of a PersistentVolumeClaim in the same namespace. Its root directory holds the base image as disk.qcow2 or disk.img (raw). It is mounted read-only and never written to, so any number of VMs share it.',
      ),
    firmware: firmware
      .optional()
      .describe(
        'How the image in boot.claim boots: BIOS, or UEFI (without Secure Boot) from EFI/BOOT/BOOTX64.EFI of its EFI system partition. Only with boot.claim; a BaseImage and a Snapshot say it themselves. Default BIOS.',
      ),
  })
  .meta(
    rules(
      {
        rule: '!has(self.imageNamespace) || has(self.image)',
        message:
          'boot.imageNamespace says where boot.image is: set boot.image, or remove boot.imageNamespace',
      },
      {
        rule: '!has(self.firmware) || has(self.claim)',
        message:
          'boot.firmware is for boot.claim alone: a BaseImage says it in its own spec.firmware, and a Snapshot boots by what its VM booted by. Remove boot.firmware',
      },
      {
        rule: exactlyOneOf('image', 'snapshot', 'claim'),
        message:
          'boot needs exactly one source: set boot.image, boot.snapshot or boot.claim to the name of a BaseImage, a Snapshot, or a PersistentVolumeClaim that holds the image',
      },
    ),
  )
  .describe(
    "What the VM's disk starts as: exactly one source. Each start and each rebuild begins from it again. A change takes effect at the next rebuild.",
  )

/** What the disk of a VM starts as: exactly one member is set, as the schema's rule sees to. */
export type Boot = z.infer<typeof boot>

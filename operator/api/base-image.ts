import { z } from 'zod'
import { rules } from './cel.ts'
import { firmware } from './firmware.ts'
import { apiVersion } from './group.ts'
import { imageSource } from './image-source.ts'
import { baseImageStatus } from './image-status.ts'
import { objectMeta } from './object-meta.ts'
import { objectName } from './object-name.ts'
import { quantity } from './quantity.ts'

/** Longest name of a base image: the names of its children add nine characters, and theirs are labels, too. */
export const longestImageName = 50

/** What a BaseImage asks for. */
export const baseImageSpec = z
  .object({
    source: imageSource,
    importGeneration: z
      .int32()
      .min(0)
      .optional()
      .meta(
        rules({
          rule: 'self >= oldSelf',
          message:
            'importGeneration can only be raised: each raise makes the image from its source once more',
        }),
      )
      .describe(
        'Raise it, and the image is made from its source once more: when what a URL serves has changed, or to try again at once after a failure was mended. VMs boot the content that there is until the new one is complete. Default 0; it cannot be lowered.',
      ),
    capacity: quantity('capacity', '1Mi', '64Ti')
      .default('10Gi')
      .describe(
        'Size of the PersistentVolumeClaim that the image is kept in, as a quantity. The virtual size of an image is not known before it was fetched, so this has to be enough for the file as it comes and for the image made of it, both at once. Default 10Gi. When it does not suffice, the condition Stalled says NoSpace: raise it, and the image is fetched again into a larger claim.',
      ),
    storageClassName: objectName(
      'storageClassName must be the name of a StorageClass: kubectl get storageclass',
    )
      .optional()
      .describe(
        'StorageClass of the claim. Default: the default class of the cluster. A change makes a new content, as a change of the source does.',
      ),
    minDisk: quantity('minDisk', '1Mi', '64Ti')
      .optional()
      .describe(
        'The smallest disk that a VM may have to boot from it. Default, and at least: the virtual size of the image.',
      ),
    minMemory: quantity('minMemory', '64Mi', '4Ti')
      .optional()
      .describe('The least memory that a VM may have to boot from it. Default: any.'),
    visibility: z
      .enum(['Namespace', 'Cluster'])
      .default('Namespace')
      .describe(
        "Who may boot it. Namespace: VMs of the image's own namespace. Cluster: also VMs of other namespaces, where the cluster's RBAC lets the service accounts of those `use` this baseimage; they boot a copy in their own namespace. A change takes effect at once, and not on VMs that run. Default Namespace.",
      ),
    firmware: firmware
      .optional()
      .describe(
        'How the image boots: BIOS, or UEFI (without Secure Boot) from EFI/BOOT/BOOTX64.EFI of its EFI system partition. A change takes effect on VMs that are built after it; those that run keep what they have until their next rebuild. Default: what the VM booted by that the Snapshot of source.snapshot is of, and else BIOS.',
      ),
    defaultUser: z
      .string()
      .max(32)
      .meta(
        rules({
          rule: "self.matches('^[a-z_][-a-z0-9_]*$')",
          message: 'defaultUser must be the name of a user, such as debian',
        }),
      )
      .optional()
      .describe(
        'The user that ssh keys are given to in the image, for people and tools: status.boot of a VM shows it.',
      ),
    os: z.string().max(63).optional().describe('What is in the image, for people, such as Debian 13.'),
  })
  .describe('What you ask for. The operator never changes it.')

/** What a BaseImage asks for, with its defaults filled in. */
export type BaseImageSpec = z.infer<typeof baseImageSpec>

/** A disk image that VMs boot from. */
export const baseImage = z
  .object({
    apiVersion: z.literal(apiVersion),
    kind: z.literal('BaseImage'),
    metadata: objectMeta,
    spec: baseImageSpec,
    status: baseImageStatus.optional(),
  })
  .meta(
    rules({
      rule: `size(self.metadata.name) <= ${longestImageName} && self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')`,
      message: `metadata.name becomes part of other names: use at most ${longestImageName} lower-case letters, digits and dashes, no dots`,
    }),
  )
  .describe(
    'A BaseImage is a disk image that VMs boot from. The operator fetches it from its source, checks it and keeps it as qcow2 in a PersistentVolumeClaim, which any number of VMs share read-only.',
  )

/** A disk image that VMs boot from, as the API server hands it out. */
export type BaseImage = z.infer<typeof baseImage>

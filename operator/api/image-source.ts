import { z } from 'zod'
import { atMostOneOf, exactlyOneOf, rules } from './cel.ts'
import { objectName } from './object-name.ts'

const digest = (algorithm: string, digits: number) =>
  z
    .string()
    .max(digits)
    .meta(
      rules({
        rule: `self.matches('^[0-9a-f]{${digits}}$')`,
        message: `${algorithm} must be ${digits} lower-case hexadecimal digits, as ${algorithm}sum prints them`,
      }),
    )
    .optional()
    .describe(
      `The ${algorithm} sum of what the URL serves, as it is served (compressed, if it is). What has another sum is refused.`,
    )

const http = z
  .object({
    url: z
      .string()
      .max(2048)
      .meta(
        rules({
          rule: "self.matches('^https?://[^/?#@ ]+([/?#][^ ]*)?$')",
          message: 'url must be an http or https URL, without a user name or a password in it',
        }),
      )
      .describe(
        'Where the image is, by http or https. Redirects are followed. Addresses inside the cluster and of private networks are refused, unless the administrator allows them.',
      ),
    sha256: digest('sha256', 64),
    sha512: digest('sha512', 128),
  })
  .meta(
    rules({
      rule: atMostOneOf('sha256', 'sha512'),
      message: 'give one of sha256 and sha512, not both',
    }),
  )
  .describe(
    'A file on a web server: raw, qcow2, vmdk, vdi, vhd or vhdx, as it is or packed with gzip, xz, zstd or bzip2.',
  )

const oci = z
  .object({
    image: z
      .string()
      .max(512)
      .meta(
        rules({
          rule: "self.matches('^[a-zA-Z0-9][-a-zA-Z0-9._:/]*(@sha256:[0-9a-f]{64})?$')",
          message:
            'image must be the reference of a container image, such as registry.example.org/disks/debian:13',
        }),
      )
      .describe('Reference of the container image, by tag or by digest. Its layers hold one file in /disk.'),
    pullSecret: objectName('pullSecret must be the name of a Secret in this namespace, such as my-registry')
      .optional()
      .describe(
        'Name of a Secret of type kubernetes.io/dockerconfigjson in the same namespace, for a registry that asks who you are. Default: none.',
      ),
  })
  .describe('A disk in a container image, as KubeVirt calls a containerDisk.')

/** Where the content of a base image comes from. Every member is optional here, so that the rule can say what to do. */
export const imageSource = z
  .object({
    http: http.optional(),
    oci: oci.optional(),
    claim: z
      .object({
        name: objectName(
          'claim.name must be the name of a PersistentVolumeClaim in this namespace, such as debian-13',
        ).describe(
          'Name of the PersistentVolumeClaim. Its root directory holds the image as disk.qcow2 or disk.img. It is mounted read-only.',
        ),
      })
      .optional()
      .describe('An image in a PersistentVolumeClaim of the same namespace. It is copied.'),
    snapshot: z
      .object({
        name: objectName('snapshot.name must be the name of a Snapshot in this namespace').describe(
          'Name of the Snapshot.',
        ),
      })
      .optional()
      .describe(
        'A Snapshot of the same namespace, which becomes a base image of its own: it is copied, and stays when the Snapshot goes.',
      ),
    upload: z
      .object({})
      .optional()
      .describe(
        'You send the file, as upload: {}. The condition Ready says with which command once the operator waits for it.',
      ),
  })
  .meta(
    rules({
      rule: exactlyOneOf('http', 'oci', 'claim', 'snapshot', 'upload'),
      message: 'source needs exactly one of http, oci, claim, snapshot and upload, such as http: {url: ...}',
    }),
  )
  .describe(
    'Where the content comes from: exactly one. A change makes a new content beside the old one, which VMs that run on it keep.',
  )

/** Where the content of a base image comes from: exactly one member is set, as the schema's rule sees to. */
export type ImageSource = z.infer<typeof imageSource>

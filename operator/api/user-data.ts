import { z } from 'zod'
import { exactlyOneOf, rules } from './cel.ts'
import { objectName } from './object-name.ts'

/** Most bytes of inline user-data. */
export const userDataLimit = 65536

/** cloud-init user-data, inline. The limit is a CEL rule alone: the message of maxLength could not say what to do. */
export const userData = z
  .string()
  .meta(
    rules({
      rule: `size(bytes(self)) <= ${userDataLimit}`,
      message: `userData may hold at most 64 KiB (${userDataLimit} bytes): put what is bigger into a Secret (up to 1 MiB, may be gzip'd) and name it in userDataFrom, or bake it into the base image`,
    }),
  )
  .optional()
  .describe(
    'cloud-init user-data that the guest runs at its first boot: a script that starts with #!, a #cloud-config document, an #include list or a MIME multi-part; at most 64 KiB. Readable by all who may read the instance: no place for passwords, which belong into userDataFrom. A change takes effect at the next rebuild.',
  )

const key = z
  .string()
  .max(253)
  .meta(
    rules({
      rule: "self.matches('^[-._a-zA-Z0-9]+$')",
      message: 'key must be one of the keys under data of the Secret or ConfigMap, such as user-data',
    }),
  )

const reference = (kind: 'Secret' | 'ConfigMap', command: string) =>
  z
    .object({
      name: objectName(
        `name must be the name of a ${kind} in this namespace: ${command} lists them`,
      ).describe(`Name of a ${kind} in the same namespace.`),
      key: key.describe(`The key in it whose value is the user-data, byte for byte.`),
    })
    .optional()
    .describe(`A key of a ${kind}.`)

/** User-data that an object of the user's own holds. The operator never sees it. */
export const userDataFrom = z
  .object({
    secretKeyRef: reference('Secret', 'kubectl get secrets'),
    configMapKeyRef: reference('ConfigMap', 'kubectl get configmaps'),
  })
  .meta(
    rules({
      rule: exactlyOneOf('secretKeyRef', 'configMapKeyRef'),
      message: 'userDataFrom needs exactly one of secretKeyRef and configMapKeyRef',
    }),
  )
  .optional()
  .describe(
    "Where the user-data is, in place of userData: of any kind that cloud-init knows, gzip'd ones too, up to 1 MiB. It is mounted into the VM's pod and read there each time that a fresh VM starts: at a rebuild, and at a restart as well. The VM waits while it is missing.",
  )

/** Where a VM's user-data is. */
export type UserDataFrom = NonNullable<z.infer<typeof userDataFrom>>

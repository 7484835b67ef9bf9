import { z } from 'zod'
import { listMap } from './cel.ts'
import { objectName } from './object-name.ts'

/** The KeyPairs whose keys a VM gets. No default: instances without the field stay as they are. */
export const keyPairs = z
  .array(objectName('keyPairs holds names of KeyPairs in this namespace: kubectl get keypairs lists them'))
  .max(32)
  .optional()
  .meta({ 'x-kubernetes-list-type': 'set' })
  .describe(
    "Names of KeyPairs in the same namespace whose keys may log in as the image's default user, as those of sshAuthorizedKeys may; up to 32. A VM waits for one that does not exist. Pinned when the VM is built: a change takes effect at the next rebuild, whether of this list or of a KeyPair.",
  )

/** The keys of KeyPairs that a VM was built with. */
export const pinnedKeyPairs = z
  .array(
    z.object({
      name: z.string().max(253).describe('Name of the KeyPair.'),
      fingerprint: z.string().max(64).describe('Fingerprint of the key that it had when the VM was built.'),
    }),
  )
  .max(32)
  .optional()
  .meta(listMap('name'))
  .describe('The KeyPairs whose keys the VM was given, with what they were when it was built.')

/** The keys of KeyPairs that a VM was built with. */
export type PinnedKeyPairs = NonNullable<z.infer<typeof pinnedKeyPairs>>

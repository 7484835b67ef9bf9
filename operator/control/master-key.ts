import type { KubeClient } from '../kube/client.ts'
import { isAlreadyExists } from '../kube/errors.ts'
import { secrets } from '../kube/resource.ts'

/** The one Secret that the operator reads: its own, in its own namespace. */
export const masterKeySecret = 'ephemera-control-key'

const dataKey = 'key'

/** Least bytes of a master key: SHA-256's own length. */
const keyBytes = 32

/**
 * The key that all instances' control keys are derived from. Made once, at the first start; when it is lost or replaced,
 * VMs that run already cannot be reached over their control port until they are rebuilt.
 */
export async function masterKey(
  client: KubeClient,
  namespace: string,
  randomBytes: (count: number) => Uint8Array,
): Promise<Uint8Array> {
  const target = { namespace, name: masterKeySecret }
  const existing = await client.find(secrets, target)
  if (existing === undefined) {
    const data = { [dataKey]: Buffer.from(randomBytes(keyBytes)).toString('base64') }
    const metadata = { ...target, labels: { 'app.kubernetes.io/managed-by': 'ephemera' } }
    try {
      await client.create(secrets, { metadata, type: 'Opaque', immutable: true, data })
    } catch (error) {
      // Another replica was faster: its key is as good.
      if (!isAlreadyExists(error)) throw error
    }
  }
  const stored = existing ?? (await client.get(secrets, target))
  const key = Buffer.from(stored.data?.[dataKey] ?? '', 'base64')
  if (key.length >= keyBytes) return key
  throw new Error(
    `Secret ${namespace}/${masterKeySecret} holds no key of ${keyBytes} bytes under "${dataKey}": delete it, and a new one is made`,
  )
}

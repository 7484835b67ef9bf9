import type { KeyPair, KeyPairStatus } from '../api/key-pair.ts'
import { readPublicKey } from '../api/public-key.ts'

/** The whole status of a KeyPair, which follows from its spec alone. */
export function statusOf({ metadata, spec }: KeyPair): KeyPairStatus {
  return { observedGeneration: metadata.generation ?? 0, ...readPublicKey(spec.publicKey) }
}

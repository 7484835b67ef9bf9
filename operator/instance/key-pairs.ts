import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import type { KeyPair } from '../api/key-pair.ts'
import type { PinnedKeyPairs } from '../api/key-pairs.ts'
import { readPublicKey } from '../api/public-key.ts'
import type { Reason } from '../api/reasons.ts'
import type { Store } from '../kube/store.ts'

/** The keys of the KeyPairs that a spec names, or why there are not all of them. */
export type KeyPairsFound =
  | Readonly<{
      kind: 'ready'
      /** As they stand in .pub files, in the order of the spec. */
      keys: readonly string[]
      pinned: PinnedKeyPairs
    }>
  | Readonly<{ kind: 'missing'; reason: Reason; message: string }>

/** What an instance that names no KeyPair has. */
export const noKeyPairs: KeyPairsFound = { kind: 'ready', keys: [], pinned: [] }

/** Looks up the KeyPairs that an instance names, as they are now. */
export function keyPairsOf(
  { metadata, spec }: EphemeralInstance,
  { keyPairs }: Readonly<{ keyPairs: Pick<Store<KeyPair>, 'get'> }>,
): KeyPairsFound {
  if (spec.keyPairs === undefined || spec.keyPairs.length === 0) return noKeyPairs
  const { namespace = '' } = metadata
  const found = spec.keyPairs.map((name) => ({ name, object: keyPairs.get(namespace, name) }))
  const absent = found.filter(({ object }) => object === undefined).map(({ name }) => name)
  if (absent.length > 0) {
    const message = `There is no KeyPair ${absent.join(' and no KeyPair ')} in namespace ${namespace}: create it from your .pub file, or take it out of spec.keyPairs; kubectl get keypairs lists those that there are.`
    return { kind: 'missing', reason: 'KeyPairNotFound', message }
  }
  const read = found.map(({ name, object }) => {
    const line = object?.spec.publicKey.trim() ?? ''
    return { name, line, key: readPublicKey(line) }
  })
  const damaged = read.find(({ key }) => key === undefined)
  if (damaged !== undefined) {
    const message = `The publicKey of KeyPair ${damaged.name} is damaged: its inside is not that of a key (ssh-keygen -l -f FILE.pub refuses it, too). Give it the line of the .pub file again.`
    return { kind: 'missing', reason: 'KeyPairInvalid', message }
  }
  return {
    kind: 'ready',
    keys: read.map(({ line }) => line),
    pinned: read.map(({ name, key }) => ({ name, fingerprint: key?.fingerprint ?? '' })),
  }
}

/** Names of the KeyPairs that have another key than the VM was built with. One that is gone changes nothing. */
export function changedKeyPairs(pinned: PinnedKeyPairs, found: KeyPairsFound): readonly string[] {
  if (found.kind !== 'ready') return []
  const now = new Map(found.pinned.map(({ name, fingerprint }) => [name, fingerprint]))
  return pinned
    .filter(({ name, fingerprint }) => (now.get(name) ?? fingerprint) !== fingerprint)
    .map(({ name }) => name)
}

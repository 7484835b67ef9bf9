import type { BaseImage } from '../api/base-image.ts'
import { bytesOf } from '../api/quantity.ts'
import type { Snapshot } from '../api/snapshot.ts'

/** What copies are made of. */
export type Copied = BaseImage | Snapshot

/** A complete image: what VMs boot, and what a copy has to be equal to. */
export type Content = Readonly<{
  kind: 'BaseImage' | 'Snapshot'
  namespace: string
  name: string
  /** The claim that it is in. */
  claim: string
  /** Of the file, hexadecimal. */
  sha256: string
  /** Bytes of the file. */
  size: number
}>

/** The content that a BaseImage or a Snapshot has at present; undefined while it has none. */
export function contentOf({ kind, metadata, status }: Copied): Content | undefined {
  const { claim, sha256, size } = status ?? {}
  if (claim === undefined || sha256 === undefined || size === undefined) return undefined
  return {
    kind,
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    claim,
    sha256,
    size: bytesOf(size),
  }
}

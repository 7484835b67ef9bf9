import { z } from 'zod'
import { group } from '../api/group.ts'
import { type KubeObject, objectKey, type PersistentVolumeClaim } from '../kube/object.ts'

/** The annotation of a copy's claim that holds its record, and the one of its worker pods that says what they work for. */
export const copyAnnotations = { record: `${group}/copy`, of: `${group}/copy-for` } as const

const failure = z.object({
  reason: z.string(),
  message: z.string(),
  /** RFC 3339. */
  at: z.string(),
  /** Of the worker pod that failed. */
  podUID: z.string(),
})

const schema = z.object({
  of: z.object({
    kind: z.enum(['BaseImage', 'Snapshot']),
    namespace: z.string(),
    name: z.string(),
    /** The claim that the image itself is in. */
    claim: z.string(),
  }),
  /** Of the file, hexadecimal. */
  sha256: z.string(),
  /** Bytes of the file. */
  size: z.number(),
  /** When it was found to be equal. */
  readyAt: z.string().optional(),
  /** Since when no VM has it; absent while one does. */
  unusedSince: z.string().optional(),
  failures: z.number().default(0),
  lastFailure: failure.optional(),
})

/** What is known of a copy. It stands on its claim, so that it goes with it, and nobody else has to keep it. */
export type CopyRecord = Readonly<z.infer<typeof schema>>

/** Undefined for a claim that is no copy. */
export function recordOf({ metadata }: PersistentVolumeClaim): CopyRecord | undefined {
  const text = metadata.annotations?.[copyAnnotations.record]
  if (text === undefined) return undefined
  try {
    return schema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

export const recordText = (record: CopyRecord): string => JSON.stringify(record)

/** Index: what a claim is a copy of, as `KIND/NAMESPACE/NAME`. */
export function copiedObject(claim: PersistentVolumeClaim): string[] {
  const record = recordOf(claim)
  return record === undefined ? [] : [ownerKey(record.of)]
}

/** The key of the BaseImage, or of the Snapshot, that a claim is a copy of, if it is one of those. */
export const copiedOf =
  (kind: CopyRecord['of']['kind']) =>
  (claim: PersistentVolumeClaim): string[] => {
    const { of } = recordOf(claim) ?? {}
    return of?.kind === kind ? [objectKey(of.namespace, of.name)] : []
  }

/** Index: what a worker pod makes a copy of. */
export const servedObject = ({ metadata }: KubeObject): string[] => {
  const of = metadata.annotations?.[copyAnnotations.of]
  return of === undefined ? [] : [of]
}

export const ownerKey = ({
  kind,
  namespace,
  name,
}: Readonly<{ kind: string; namespace?: string | undefined; name: string }>): string =>
  `${kind}/${objectKey(namespace, name)}`

import type { Lane } from './transport.ts'

/** Which object; `namespace` is left out for objects of the cluster. */
export type Target = Readonly<{ name: string; namespace?: string | undefined }>

export type CallOptions = Readonly<{
  /** Ends the call, which then rejects with a KubeError of reason `Aborted`. */
  signal?: AbortSignal | undefined
  /** For the whole call, retries included. Default: the client's, 30 s. */
  timeoutMs?: number
  /** The connections to use: a lease must not wait behind other calls. Default `calls`. */
  lane?: Exclude<Lane, 'watches'>
}>

/** Without a namespace, of all namespaces. */
export type Selection = Readonly<{
  namespace?: string | undefined
  labelSelector?: string | undefined
  fieldSelector?: string | undefined
}>

export type ListOptions = CallOptions &
  Selection &
  Readonly<{
    /** Objects a page. Default 500. 0: all in one answer. */
    limit?: number
    resourceVersion?: string
    resourceVersionMatch?: 'Exact' | 'NotOlderThan'
  }>

export type Page<T> = Readonly<{ items: readonly T[]; resourceVersion: string; continue?: string }>

export type DeleteOptions = CallOptions &
  Readonly<{
    /** Delete only this very object, not one that took its name since. */
    uid?: string | undefined
    resourceVersion?: string | undefined
    gracePeriodSeconds?: number
    propagationPolicy?: 'Foreground' | 'Background' | 'Orphan'
  }>

export type WriteOptions = CallOptions &
  Readonly<{
    fieldManager?: string
    dryRun?: boolean
    /** Fields that the API server does not know are refused, instead of dropped. */
    strict?: boolean
  }>

export type ApplyOptions = WriteOptions &
  Readonly<{
    /** Take fields over from other managers. Default true: a controller knows what it wants. */
    force?: boolean
    subresource?: 'status' | 'scale' | 'resize'
  }>

export type JsonPatchOperation =
  | Readonly<{ op: 'add' | 'replace' | 'test'; path: string; value: unknown }>
  | Readonly<{ op: 'remove'; path: string }>

export type PatchOptions = WriteOptions & Readonly<{ subresource?: string }>

export type WatchOptions = Selection &
  Readonly<{
    resourceVersion: string
    /** After this the server ends the watch by itself. */
    timeoutSeconds: number
    signal: AbortSignal
    /** Called for every piece of data, whole line or not: what a stall detector needs. */
    onData?: () => void
  }>

export type WatchEvent<T> =
  | Readonly<{ type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: T }>
  | Readonly<{ type: 'BOOKMARK'; resourceVersion: string }>

export type RawRequest = Readonly<{
  method: string
  /** With the query. */
  path: string
  /** Sent as JSON. */
  body?: unknown
  contentType?: string
}>

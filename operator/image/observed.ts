import type { BaseImage } from '../api/base-image.ts'
import type { BaseImageStatus } from '../api/image-status.ts'
import type { CopySummary } from '../copy/summary.ts'
import type { PersistentVolumeClaim, Pod } from '../kube/object.ts'
import type { WorkerState } from '../worker/state.ts'

/** Whether the worker can begin: `missing` and `failed` wait for somebody, `waiting` for something that is on its way. */
export type SourceView =
  | Readonly<{
      kind: 'ready'
      claim?: string | undefined
      sha256?: string | undefined
      /** What a Snapshot asks of VMs, and tells them. */
      inherits?: NonNullable<BaseImageStatus['inherited']>
    }>
  | Readonly<{ kind: 'missing' | 'failed' | 'waiting'; message: string }>

/** An object that keeps an image, or one of its claims, from going. */
export type User = Readonly<{ kind: string; name: string }>

/** Everything that a decision rests on, read before it is made. */
export type Observed = Readonly<{
  image: BaseImage
  /** The name of the content that the spec asks for. */
  wanted: string
  /** The objects of that name, whoever they belong to. */
  claim: PersistentVolumeClaim | undefined
  pod: Pod | undefined
  /** Claims and worker pods of the image, of every content that it has or had. */
  claims: readonly PersistentVolumeClaim[]
  pods: readonly Pod[]
  source: SourceView
  /** Where the image is besides its own claim. */
  copies: CopySummary
  /** In the order of their names. */
  users: readonly User[]
  /** Names of the claims of the image that a pod mounts, or that a VM is known to run on. */
  claimsInUse: ReadonlySet<string>
  /** What the worker says of itself; undefined when it was not asked or did not answer. */
  worker: WorkerState | undefined
  now: Date
}>

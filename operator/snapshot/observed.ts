import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import type { Snapshot } from '../api/snapshot.ts'
import type { CopySummary } from '../copy/summary.ts'
import type { PersistentVolumeClaim, Pod } from '../kube/object.ts'
import type { WorkerState } from '../worker/state.ts'
import type { BlockGraph } from './disk/graph.ts'

/** What uses a snapshot. */
export type User = Readonly<{ kind: string; name: string }>

/** Another snapshot of the same instance, and the node in QEMU that its moment is or would be. */
export type Other = Readonly<{ name: string; filter: string }>

/** What QEMU says of its disk. */
export type DiskView =
  /** Nothing hangs on it at present. */
  | Readonly<{ kind: 'unasked' }>
  | Readonly<{ kind: 'unreachable'; message: string }>
  /** `isBroken`: the fleece was full or too slow; reads of the moment fail for good. */
  | Readonly<{ kind: 'seen'; graph: BlockGraph; isBroken: boolean }>

/** Everything that a decision rests on, read before it is made. */
export type Observed = Readonly<{
  snapshot: Snapshot
  /** The instance that the spec names; undefined when it does not exist. */
  instance: EphemeralInstance | undefined
  /** The pod of that instance's VM, if it has one. */
  vm: Pod | undefined
  /** The object that has the claim's name. */
  claim: PersistentVolumeClaim | undefined
  /** The pod that copies. */
  worker: Pod | undefined
  /** What it says of itself; undefined when it was not asked or did not answer. */
  state: WorkerState | undefined
  disk: DiskView
  /** The snapshot of the same VM that comes first; undefined: this one. */
  ahead: string | undefined
  /** The other snapshots of the instance that still have to do with its VM. */
  others: readonly Other[]
  users: readonly User[]
  /** What the VM has booted, the nearest first. */
  lineage: NonNullable<NonNullable<Snapshot['status']>['lineage']>
  /** Where else the image is. */
  copies: CopySummary['copies']
  /** The least memory that this image asks for, as a quantity. */
  inheritedMemory: string | undefined
  now: Date
}>

import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import type { InstanceSet } from '../api/instance-set.ts'
import type { Member } from './member.ts'

/** Everything that a decision about a set rests on. */
export type Observed = Readonly<{
  set: InstanceSet
  /** Of the template as it is. */
  hash: string
  /** The set's instances, without those that are going. By ordinal. */
  members: readonly Member[]
  /** Instances that the set owns, and that somebody took the set's label off: they are let go. */
  claimed: readonly EphemeralInstance[]
  /** Ordinals whose name an instance has that is going: they come free. */
  going: ReadonlySet<number>
  /** Ordinals whose name an instance has that is not the set's. */
  taken: ReadonlySet<number>
}>

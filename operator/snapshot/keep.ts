import { createHash } from 'node:crypto'
import { annotations } from '../api/annotations.ts'
import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import { longestSnapshotName, type Snapshot } from '../api/snapshot.ts'
import { findCondition } from '../kube/conditions.ts'
import type { Intent } from '../kube/object.ts'
import { ownerReference } from '../kube/owner.ts'
import { endOf } from './verdict.ts'

/**
 * The Snapshot that keeps the VM of an instance before it goes. The same VM (by the UID of its pod, and which start of it) and the same
 * spec (by its generation) give the same name: whoever asks again after a crash finds the one that was asked for, and whoever asks anew after
 * having thought better of it, or when the VM has written more, gets another. Nobody owns it: it outlives the instance.
 */
export const lastSnapshotOf = (instance: EphemeralInstance, why: string): Intent<Snapshot> =>
  snapshotFor(instance, why, '', 'before it went')

/**
 * The Snapshot in which the disk of a VM leaves a drained node. It is the instance's own, and goes with it. A VM that left another node
 * before has a further name, and so has one whose drain was called off after all: what it wrote in between is not in the first.
 * @param since when it began to be held for this drain
 */
export function travelSnapshotOf(instance: EphemeralInstance, why: string, since: string): Intent<Snapshot> {
  const { namespace } = instance.metadata
  const mark = ` travels ${instance.status?.shelved?.snapshot ?? ''} ${since}`
  const intent = snapshotFor(instance, why, mark, 'as it left its node')
  const ownerReferences = [{ ...ownerReference(instance, { namespace }), blockOwnerDeletion: false }]
  return { ...intent, metadata: { ...intent.metadata, ownerReferences } }
}

function snapshotFor(instance: EphemeralInstance, why: string, mark: string, when: string): Intent<Snapshot> {
  const { name, namespace, generation = 0 } = instance.metadata
  const { podUID = instance.metadata.uid ?? '', restarts = 0 } = instance.status ?? {}
  const vm = `${podUID} ${restarts}`
  const ending = `-${createHash('sha256').update(`${vm} ${generation}${mark}`).digest('hex').slice(0, 8)}`
  return {
    metadata: {
      name: `${name.slice(0, longestSnapshotName - ending.length).replace(/-+$/, '')}${ending}`,
      ...(namespace === undefined ? {} : { namespace }),
      annotations: { [annotations.keeps]: String(generation) },
    },
    spec: {
      instance: name,
      displayName: `${name}, ${when}`,
      description: why,
      quiesce: 'Auto',
      deadlineSeconds: 3600,
      retain: false,
    },
  }
}

/**
 * Whether the VM may go now, as far as its last snapshot is concerned: `absent` (not asked for), `underWay`, `kept`, or `lost`
 * (there will be none: whoever asked decides what is worse).
 */
export function standingOf(snapshot: Snapshot | undefined): 'absent' | 'underWay' | 'kept' | 'lost' {
  if (snapshot === undefined) return 'absent'
  // Also one that is complete: its image goes with it.
  if (snapshot.metadata.deletionTimestamp !== undefined) return 'lost'
  const end = endOf(snapshot)
  if (end === undefined) return 'underWay'
  return end === 'ready' ? 'kept' : 'lost'
}

/**
 * Whether this Snapshot keeps a VM before it goes, as far as this instance shows: it was asked for by its spec as it is, or by one that is yet
 * to be seen. Once the spec is another one, what was to be kept goes on, and this is a Snapshot like any other.
 */
export function isKeeper(
  { metadata }: Pick<Snapshot, 'metadata'>,
  instance: EphemeralInstance | undefined,
): boolean {
  const asked = metadata.annotations?.[annotations.keeps]
  return asked !== undefined && Number(asked) >= (instance?.metadata.generation ?? 0)
}

/** Whether the VM of this instance stands still for this very Snapshot, and for no former one. It is said when it is so, and taken back before it is not. */
export function standsStillFor(
  { metadata }: Pick<Snapshot, 'metadata'>,
  instance: EphemeralInstance | undefined,
): boolean {
  if (instance === undefined) return false
  const { conditions, drain } = instance.status ?? {}
  if (findCondition(conditions, 'Active')?.reason !== 'Paused') return false
  const keepers = [lastSnapshotOf(instance, ''), travelSnapshotOf(instance, '', drain?.since ?? '')]
  return keepers.some((one) => one.metadata.name === metadata.name)
}

/** All that it takes is there, but that the VM stands still. */
export const awaitsPause = ({ status }: Snapshot): boolean =>
  findCondition(status?.conditions, 'Ready')?.reason === 'AwaitsPause'

/** What of a Snapshot matters to the VM that it may keep. */
export const keepPartOf = (snapshot: Snapshot): unknown => [
  standingOf(snapshot),
  snapshot.status?.takenAt,
  awaitsPause(snapshot),
]

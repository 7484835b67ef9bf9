import { bytesOf } from '../api/quantity.ts'
import type { SnapshotStatus } from '../api/snapshot.ts'
import { type Condition, type NewCondition, removeCondition, setConditions } from '../kube/conditions.ts'
import { formatBytes } from '../kube/quantity.ts'
import { contentName } from './children.ts'
import type { Observed } from './observed.ts'
import type { Verdict } from './verdict.ts'

/** Users that are listed at most. */
const mostListed = 64

/** Percent that a progress has to gain before it is worth a write. */
const stride = 5

/** The whole status that a verdict amounts to. Times move only when what they belong to changed. */
export function statusOf(observed: Observed, verdict: Verdict): SnapshotStatus {
  const { snapshot, claim, users, copies } = observed
  const before = snapshot.status ?? {}
  const { source, takenAt, quiesced, guestPauseMs, lineage, defaultUser, firmware, attempts } = {
    ...before,
    ...verdict.facts,
  }
  const progress = progressOf(before.progress, verdict)
  const name = before.claim ?? (claim === undefined ? undefined : contentName(snapshot))
  const isLost = verdict.end === 'failed' && verdict.isUnclean !== true
  return compact({
    observedGeneration: snapshot.metadata.generation ?? 0,
    phase: verdict.phase,
    conditions: conditionsOf(observed, verdict),
    progress,
    claim: isLost ? undefined : name,
    ...contentOf(observed, verdict),
    usedBy: users.length === 0 ? undefined : users.slice(0, mostListed).map((user) => ({ ...user })),
    source,
    takenAt,
    quiesced,
    guestPauseMs,
    attempts,
    lineage,
    defaultUser,
    firmware,
    copies: copies.length === 0 ? undefined : [...copies],
  })
}

function progressOf(before: number | undefined, { end, progress }: Verdict): number | undefined {
  if (end === 'ready') return 100
  if (end === 'failed') return undefined
  if (progress === undefined) return before
  return before !== undefined && progress - before < stride ? before : progress
}

type Content = Pick<
  SnapshotStatus,
  'sha256' | 'virtualSize' | 'size' | 'format' | 'minDisk' | 'minMemory' | 'durationMs'
>

/** What can be booted: what was just made, or else what was published before. */
function contentOf({ snapshot, inheritedMemory, now }: Observed, { made, end }: Verdict): Content {
  if (end !== 'ready') return {}
  const { status, spec } = snapshot
  if (made === undefined) {
    const { sha256, virtualSize, size, format, minDisk, minMemory, durationMs } = status ?? {}
    return { sha256, virtualSize, size, format, minDisk, minMemory, durationMs }
  }
  const taken = Date.parse(status?.takenAt ?? now.toISOString())
  return {
    sha256: made.sha256,
    virtualSize: formatBytes(BigInt(made.virtualSize)),
    size: formatBytes(BigInt(made.size)),
    format: made.format,
    minDisk: largest(spec.minDisk, formatBytes(BigInt(made.virtualSize))),
    minMemory: largest(spec.minMemory, inheritedMemory),
    durationMs: Math.max(0, now.getTime() - taken),
  }
}

function largest(...sizes: readonly (string | number | undefined)[]): string | undefined {
  const given = sizes.filter((size) => size !== undefined).sort((a, b) => bytesOf(b) - bytesOf(a))
  return given[0] === undefined ? undefined : String(given[0])
}

function conditionsOf({ snapshot, now }: Observed, verdict: Verdict): Condition[] {
  const { end, reason, message, phase, isUnclean } = verdict
  const before = snapshot.status?.conditions ?? []
  const observedGeneration = snapshot.metadata.generation ?? 0
  const named = (type: string, status: 'True' | 'False', why = reason, what = message): NewCondition => ({
    type,
    status,
    reason: why,
    message: what,
    observedGeneration,
  })
  const isReady = end === 'ready'
  const wanted = [
    // A snapshot that waits for its users to go can still be booted. Its message, which `kubectl get` shows, is what it waits for.
    isReady && phase === 'Deleting'
      ? named('Ready', 'True', 'Taken')
      : named('Ready', isReady ? 'True' : 'False'),
    ...(end === 'failed' ? [named('Stalled', 'True')] : []),
    ...(end === undefined || phase === 'Deleting' ? [named('Reconciling', 'True')] : []),
    ...(end !== undefined && isUnclean === true
      ? [named('Reconciling', 'True', 'CleaningUp', 'What is left of the work is being taken away.')]
      : []),
  ]
  const kept = ['Reconciling', 'Stalled']
    .filter((type) => !wanted.some((one) => one.type === type))
    .reduce<readonly Condition[]>((list, type) => removeCondition(list, type), before)
  return [...setConditions(kept, wanted, now.getTime())]
}

/** Without what is not known: server-side apply takes an absent field for one that was given up. */
function compact<T extends object>(status: T): T {
  return Object.fromEntries(Object.entries(status).filter(([, value]) => value !== undefined)) as T
}

import type { BaseImageStatus } from '../api/image-status.ts'
import { bytesOf } from '../api/quantity.ts'
import { type Condition, type NewCondition, removeCondition, setConditions } from '../kube/conditions.ts'
import { formatBytes } from '../kube/quantity.ts'
import { viewWorker } from '../worker/view.ts'
import { isPublished, workOf } from './decide.ts'
import type { Observed } from './observed.ts'
import type { Verdict } from './verdict.ts'

/** Users that are listed at most; `usedByCount` counts all. */
const mostListed = 64

/** The whole status that a verdict amounts to. Times move only when what they belong to changed. */
export function statusOf(observed: Observed, verdict: Verdict): BaseImageStatus {
  const { image, users, copies } = observed
  const content = contentOf(observed, verdict)
  const work = nextWorkOf(observed, verdict)
  return {
    observedGeneration: image.metadata.generation ?? 0,
    phase: verdict.phase,
    conditions: conditionsOf(observed, verdict),
    ...(verdict.progress === undefined ? {} : { progress: verdict.progress }),
    ...content,
    ...leastOf(observed, content),
    ...(users.length === 0 ? {} : { usedBy: users.slice(0, mostListed).map((user) => ({ ...user })) }),
    usedByCount: users.length,
    ...(work === undefined ? {} : { import: work }),
    ...(copies.copies.length === 0 ? {} : { copies: [...copies.copies] }),
  }
}

function conditionsOf(observed: Observed, verdict: Verdict) {
  const { image, now } = observed
  const { isReady, isStalled, reason, message } = verdict
  const observedGeneration = image.metadata.generation ?? 0
  const named = (type: string, status: 'True' | 'False'): NewCondition => ({
    type,
    status,
    reason,
    message,
    observedGeneration,
  })
  const wanted = [
    named('Ready', isReady ? 'True' : 'False'),
    ...(isReady || isStalled === true ? [] : [named('Reconciling', 'True')]),
    ...(isStalled === true ? [named('Stalled', 'True')] : []),
    ...placesOf(observed).map((one) => ({ ...one, observedGeneration })),
  ]
  const kept = ['Reconciling', 'Stalled', 'NodeLocal']
    .filter((type) => !wanted.some((one) => one.type === type))
    .reduce<readonly Condition[]>((list, type) => removeCondition(list, type), image.status?.conditions ?? [])
  return [...setConditions(kept, wanted, now.getTime())]
}

/** Where VMs of the image can start at once. */
function placesOf({ copies: { places, copies } }: Observed): NewCondition[] {
  if (places === undefined) return []
  const under = copies.filter(({ phase }) => phase !== 'Ready').length
  const more = under === 0 ? '' : ` ${under} ${under === 1 ? 'copy is' : 'copies are'} on the way.`
  const where =
    places.length === 1 ? `node ${places[0]}` : `nodes ${places.slice(0, -1).join(', ')} and ${places.at(-1)}`
  const message = `The image is on ${where}; a VM that runs elsewhere waits for a copy.${more}`
  return [{ type: 'NodeLocal', status: 'True', reason: 'OnNodes', message }]
}

type Content = Pick<
  BaseImageStatus,
  | 'claim'
  | 'sha256'
  | 'virtualSize'
  | 'size'
  | 'format'
  | 'sourceDigest'
  | 'importedAt'
  | 'importMs'
  | 'inherited'
>

/** What VMs boot from: what was just made, or else what was published before, whatever its source. */
function contentOf(observed: Observed, { made }: Verdict): Content {
  const { image, wanted, now, claims, source } = observed
  if (made === undefined) {
    const { claim, sha256, virtualSize, size, format, sourceDigest, importedAt, importMs, inherited } =
      image.status ?? {}
    // A claim that is gone holds nothing.
    if (!claims.some(({ metadata }) => metadata.name === claim)) return {}
    const known = { claim, sha256, virtualSize, size, format, sourceDigest, importedAt, importMs, inherited }
    return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined))
  }
  const startedAt = startOf(observed)
  // The Snapshot is there as long as the worker's pod, which uses it.
  const inherited = source.kind === 'ready' ? source.inherits : undefined
  return {
    claim: wanted,
    sha256: made.sha256,
    virtualSize: formatBytes(BigInt(made.virtualSize)),
    size: formatBytes(BigInt(made.size)),
    format: made.format,
    ...(made.sourceDigest === '' ? {} : { sourceDigest: made.sourceDigest }),
    importedAt: now.toISOString(),
    ...(inherited === undefined ? {} : { inherited }),
    ...(startedAt === undefined ? {} : { importMs: Math.max(0, now.getTime() - Date.parse(startedAt)) }),
  }
}

/** What a VM has to have for it: never less than the disk that is in the image. What its own spec says goes before what a Snapshot said. */
function leastOf({ image: { spec } }: Observed, { virtualSize, inherited }: Content) {
  const sizes = [spec.minDisk ?? inherited?.minDisk, virtualSize].filter((size) => size !== undefined)
  const [largest] = sizes.sort((a, b) => bytesOf(b) - bytesOf(a))
  const minMemory = spec.minMemory ?? inherited?.minMemory
  return {
    ...(largest === undefined ? {} : { minDisk: String(largest) }),
    ...(minMemory === undefined ? {} : { minMemory: String(minMemory) }),
  }
}

/** When the first try for the content began; what a crash kept from being noted is known from the pod. */
const startOf = (observed: Observed): string | undefined =>
  workOf(observed)?.startedAt ?? observed.pod?.metadata.creationTimestamp

/** What is known of the content that is being made. */
function nextWorkOf(observed: Observed, verdict: Verdict): BaseImageStatus['import'] {
  const { image, pod, wanted, now } = observed
  if (verdict.made !== undefined || (verdict.isReady && isPublished(observed))) return undefined
  const before = workOf(observed)
  if (image.metadata.deletionTimestamp !== undefined) return before
  if (before === undefined && pod === undefined && verdict.action !== 'createWorker') return undefined
  const podUID =
    verdict.failure?.podUID ?? (pod === undefined ? undefined : viewWorker(pod).uid) ?? before?.podUID
  const failures = (before?.failures ?? 0) + (verdict.failure === undefined ? 0 : 1)
  const lastFailure = verdict.failure === undefined ? before?.lastFailure : noted(verdict.failure, now)
  const step = verdict.step
  return {
    claim: wanted,
    ...(step === undefined ? {} : { step }),
    startedAt: startOf(observed) ?? now.toISOString(),
    ...(podUID === undefined ? {} : { podUID }),
    ...(failures === 0 ? {} : { failures }),
    ...(lastFailure === undefined ? {} : { lastFailure }),
  }
}

const noted = (failure: NonNullable<Verdict['failure']>, now: Date) => ({ ...failure, at: now.toISOString() })

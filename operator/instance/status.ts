import { flavorColumn, type InstanceStatus } from '../api/instance-status.ts'
import type { Reason } from '../api/reasons.ts'
import { serviceSummary } from '../companion/service.ts'
import { toTimestamp } from '../kube/clock.ts'
import { type Condition, type NewCondition, removeCondition, setConditions } from '../kube/conditions.ts'
import { whyTcg } from './accelerator.ts'
import { carriedOut, raised } from './counters.ts'
import { isKeptByLock } from './expiring.ts'
import { expiresAt } from './expiry.ts'
import { historyOf } from './history.ts'
import { hostnameOf } from './hostname.ts'
import { idledOf } from './idle.ts'
import { lastVm } from './last-vm.ts'
import type { Observed } from './observed.ts'
import { type PodView, viewPod } from './pod-view.ts'
import { shelvedOf } from './shelved.ts'
import { blocking } from './staying.ts'
import { seenAt, timingsOf } from './timings.ts'
import type { Finding, Verdict } from './verdict.ts'
import { changeOf } from './waiting.ts'

/** Conditions that are there only while they have something to say: kstatus reads their absence as "nothing wrong". */
const abnormal = [
  'Reconciling',
  'Stalled',
  'RestartRequired',
  'Expiring',
  'Degraded',
  'DrainBlocked',
  'OverlayFull',
  'Rescued',
] as const

/** The whole status that a verdict amounts to. Times move only when what they belong to changed. */
export function statusOf(observed: Observed, verdict: Verdict): InstanceStatus {
  const { instance, now } = observed
  const before = instance.status
  const pod = ownPod(observed, verdict)
  const generation = instance.metadata.generation ?? 0
  const expiry = expiresAt(instance)
  const wanted = conditionsOf(observed, verdict, pod).map((condition) => ({
    ...condition,
    observedGeneration: generation,
  }))
  const kept = [...abnormal, 'Ready', 'Scheduled'].reduce<readonly Condition[]>(
    (list, type) => (wanted.some((one) => one.type === type) ? list : removeCondition(list, type)),
    before?.conditions ?? [],
  )
  const status: InstanceStatus = {
    observedGeneration: generation,
    phase: verdict.phase,
    conditions: [...setConditions(kept, wanted, now.getTime())],
    ...sizeFields(observed, pod),
    // The order of a verdict was given by now.
    ...raised(verdict.action?.kind === 'order' ? instance.spec : carriedOut(observed, pod)),
    ...hostnameField(observed, pod),
    ...(observed.exposing === undefined ? {} : { service: serviceSummary(observed.exposing) }),
    ...(pod === undefined ? {} : podFields(observed, verdict, pod)),
    ...(pod === undefined ? lastRun(observed) : {}),
    ...shelvedFields(instance, verdict),
    ...(verdict.drain === undefined ? {} : { drain: verdict.drain }),
    ...rescueField(instance, verdict),
    ...idleField(instance, verdict),
    ...(expiry === undefined ? {} : { expiresAt: toTimestamp(expiry.getTime()) }),
  }
  const actions = historyOf(before, status, pod, now)
  return actions.length === 0 ? status : { ...status, actions: [...actions] }
}

/** The pod that the status tells of: not one of somebody else, nor one that is being thrown away. */
function ownPod({ pod }: Observed, verdict: Verdict): PodView | undefined {
  const foreign = verdict.stalled?.reason === 'NameTaken' || verdict.active.reason === 'Pending'
  return pod === undefined || foreign ? undefined : viewPod(pod)
}

function conditionsOf(
  observed: Observed,
  verdict: Verdict,
  pod: PodView | undefined,
): Omit<NewCondition, 'observedGeneration'>[] {
  const { active, guestReady, scheduled, stalled, expiring, rescued } = verdict
  const isReady = guestReady.status === 'True'
  const blocked = verdict.drainBlocked ?? (pod === undefined ? undefined : blocking(observed, pod))
  const change = pod === undefined || pod.terminating ? undefined : changeOf(observed, pod)
  return [
    // At rest there is nothing to wait for: without a Ready condition, kstatus calls the object current.
    ...(verdict.atRest === true ? [] : [named('Ready', readyOf(verdict))]),
    named('Active', active),
    named('GuestReady', guestReady),
    ...(scheduled === undefined ? [] : [named('Scheduled', scheduled)]),
    ...(stalled !== undefined || isReady || verdict.atRest === true
      ? []
      : [named('Reconciling', { status: 'True', reason: guestReady.reason, message: guestReady.message })]),
    ...(stalled === undefined ? [] : [named('Stalled', { status: 'True', ...stalled })]),
    ...(stalled?.reason === 'OverlayFull' ? [named('OverlayFull', { status: 'True', ...stalled })] : []),
    ...(change === undefined
      ? []
      : [named('RestartRequired', { status: 'True', reason: 'ChangeWaiting', message: change })]),
    ...(expiring === undefined ? [] : [named('Expiring', expiring)]),
    ...(rescued === undefined ? [] : [named('Rescued', rescued)]),
    ...observed.faults
      .slice(0, 1)
      .map(({ reason, message }) => named('Degraded', { status: 'True', reason: reason as Reason, message })),
    ...(blocked === undefined ? [] : [named('DrainBlocked', { status: 'True', ...blocked })]),
  ]
}

/** Ready says what GuestReady says, or else what stands in its way. */
function readyOf({ active, guestReady, stalled }: Verdict): Finding {
  if (guestReady.status === 'True' || stalled === undefined) return guestReady
  return { status: 'False', reason: stalled.reason, message: stalled.message || active.message }
}

function named(type: string, finding: Finding) {
  return { type, ...finding }
}

/** What is known of a shelved disk stays until a rebuild, a stop, or an end that keeps nothing. */
function shelvedFields(instance: Observed['instance'], verdict: Verdict): Partial<InstanceStatus> {
  const shelved = verdict.shelved ?? shelvedOf(instance)
  return shelved === undefined || verdict.active.reason === 'Expired' ? {} : { shelved }
}

/** Which VM is rescued stays known until nothing is left of it. */
function rescueField({ status }: Observed['instance'], { rescue }: Verdict): Partial<InstanceStatus> {
  const known = rescue === 'over' ? undefined : (rescue ?? status?.rescue)
  return known === undefined ? {} : { rescue: known }
}

/** That it expired as idle stays known until the spec says something else. One that was locked before its VM went is kept. */
function idleField(instance: Observed['instance'], verdict: Verdict): Partial<InstanceStatus> {
  const idle = verdict.idle ?? (isKeptByLock(instance) ? undefined : idledOf(instance))
  return idle === undefined ? {} : { idle }
}

/** While a pod lives, what it was built with; without one, what the spec asks for. */
function sizeFields({ instance }: Observed, pod: PodView | undefined): Partial<InstanceStatus> {
  const { spec } = instance
  const size = pod?.size
  if (size !== undefined) return { resources: size, flavor: flavorColumn(size.flavor, size) }
  const column = spec.resources === undefined ? spec.flavor : flavorColumn(undefined, spec.resources)
  return column === undefined ? {} : { flavor: column }
}

/** The name stays the same whatever becomes of the VM. */
function hostnameField({ instance, faults }: Observed, pod: PodView | undefined): Partial<InstanceStatus> {
  const { name, namespace = '' } = instance.metadata
  const isNameless = pod?.hasName === false || faults.some(({ reason }) => reason === 'HostnameTaken')
  return isNameless ? {} : { hostname: hostnameOf(name, namespace) }
}

function podFields(observed: Observed, verdict: Verdict, pod: PodView): Partial<InstanceStatus> {
  const { instance, runner, guest: said, now } = observed
  const before = instance.status?.podUID === pod.uid ? instance.status : undefined
  const alive = pod.phase === 'Pending' || pod.phase === 'Running'
  const [ip] = pod.ips
  const startedAt = startOf(pod, verdict, before, now)
  const guest = said ?? (before?.restarts === pod.restarts ? before.guest : undefined)
  const resets =
    runner?.unresponsive ?? (before?.restarts === pod.restarts ? (before.livenessResets ?? 0) : 0)
  const timings = timingsOf(pod, before?.timings, verdict, now)
  return {
    ...(ip !== undefined && alive ? { ip, ips: pod.ips.map((address) => ({ ip: address })) } : {}),
    ...(pod.node === undefined ? {} : { nodeName: pod.node }),
    podName: pod.name,
    ...(pod.boot === undefined ? {} : { boot: pod.boot }),
    ...(pod.keyPairs === undefined ? {} : { keyPairs: pod.keyPairs }),
    podUID: pod.uid,
    ...(verdict.active.status === 'True' ? acceleratorFields(observed, pod, before) : {}),
    rebuildGeneration: pod.rebuildGeneration,
    restarts: pod.restarts,
    ...(guest === undefined ? {} : { guest }),
    ...(resets === 0 ? {} : { livenessResets: resets }),
    ...(startedAt === undefined ? {} : { startedAt }),
    // An empty map in place of one that had entries is null to server-side apply, which the schema refuses.
    ...(Object.keys(timings).length === 0 ? {} : { timings }),
  }
}

/** What runs the guest, and why not KVM. Only the runner of a pod that asked for KVM knows which of the two it got. */
function acceleratorFields(
  { runner, config }: Observed,
  { withoutKvm }: PodView,
  before: InstanceStatus | undefined,
): Partial<InstanceStatus> {
  if (withoutKvm !== undefined || config.kvmResource === '')
    return { accelerator: 'TCG', acceleratorReason: whyTcg(withoutKvm ?? 'NotConfigured', config) }
  const { accelerator, acceleratorReason } = runner?.accelerator === undefined ? (before ?? {}) : runner
  return {
    ...(accelerator === undefined ? {} : { accelerator }),
    ...(acceleratorReason === undefined || acceleratorReason === '' ? {} : { acceleratorReason }),
  }
}

/** When QEMU began to run: kept for as long as it is the same start of the same pod. */
function startOf(
  pod: PodView,
  verdict: Verdict,
  before: InstanceStatus | undefined,
  now: Date,
): string | undefined {
  if (verdict.active.status !== 'True') return before?.startedAt
  if (before?.restarts === pod.restarts && before.startedAt !== undefined) return before.startedAt
  return toTimestamp(seenAt(pod.readySince, now))
}

/** What is remembered of a VM whose pod is gone, while the spec still asks for the same one. */
function lastRun(observed: Observed): Partial<InstanceStatus> {
  const { instance } = observed
  if (instance.spec.powerState === 'Stopped') return {}
  const last = lastVm(observed)
  if (last === undefined) return {}
  const { status, spec } = instance
  const startedAt = status?.podUID === last.podUID ? status.startedAt : undefined
  return {
    podUID: last.podUID,
    rebuildGeneration: spec.rebuildGeneration,
    restarts: last.restarts,
    ...(startedAt === undefined ? {} : { startedAt }),
  }
}

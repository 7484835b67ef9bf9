import type { Booted, InstanceStatus } from '../api/instance-status.ts'
import { bytesOf } from '../api/quantity.ts'
import type { Rescue } from '../api/rescue.ts'
import { toTimestamp } from '../kube/clock.ts'
import { findCondition } from '../kube/conditions.ts'
import type { Pod } from '../kube/object.ts'
import { persistentVolumeClaims } from '../kube/resource.ts'
import { isBooted, isClean, isSwitched, type RescueGraph } from '../rescue/graph.ts'
import { viewWorker, type WorkerView } from '../worker/view.ts'
import type { BootSource } from './boot-source.ts'
import type { Observed } from './observed.ts'
import { isOurs } from './ownership.ts'
import { type PodView, viewPod } from './pod-view.ts'
import { tooSmall } from './size.ts'
import { type Finding, lookedAtWithin, no, type Verdict, yes } from './verdict.ts'

/** What a decision about a rescue rests on, besides the VM itself. */
export type RescueView = Readonly<{
  /** What the spec wants the VM to be rescued with; undefined: it wants none. */
  source: BootSource | undefined
  worker: Pod | undefined
  disk:
    | Readonly<{ kind: 'unasked' }>
    | Readonly<{ kind: 'unreachable'; message: string }>
    /** `answers`: what the machine runs now answers, as the runner says; the kubelet learns of a change seconds later. */
    | Readonly<{ kind: 'seen'; graph: RescueGraph; answers: boolean }>
}>

type Known = NonNullable<InstanceStatus['rescue']>

/** What is to be done about a rescue, the one thing that comes next. */
export type RescueStep =
  /** A fresh disk in the VM, and a worker that fills it. */
  'fill' | 'boot' | 'attach' | 'end' | 'removeWorker'

/** Seconds after which a rescue system that has not answered is given the disk all the same. */
const longestBootSeconds = 180

/** Seconds until it is asked again whether the rescue system answers: it may be there before the kubelet saw it gone. */
const askAgainSeconds = 5

/** Seconds until what the API server refused is tried again. */
const refusedSeconds = 15

/** Seconds from a worker's failure until another one tries. */
const retrySeconds = 60

/** What the name and the kind of a rescue image are. */
export function rescueImageOf({ image, snapshot, claim = '' }: Rescue): Pick<Known, 'kind' | 'name'> {
  if (image !== undefined) return { kind: 'BaseImage', name: image }
  return snapshot === undefined
    ? { kind: 'PersistentVolumeClaim', name: claim }
    : { kind: 'Snapshot', name: snapshot }
}

/** The very VM that a rescue is of. */
export const isRunOf = (known: Known, { uid, restarts }: Pick<PodView, 'uid' | 'restarts'>): boolean =>
  known.podUID === uid && known.restarts === restarts

const isWanted = (known: Known, rescue: Rescue | undefined): boolean => {
  if (rescue === undefined) return false
  const { kind, name } = rescueImageOf(rescue)
  return kind === known.kind && name === known.name
}

/** The disk has been given to the rescue system: nothing is to be asked or done before the spec changes. */
export function isSettled({ status, spec }: Observed['instance'], pod: PodView): boolean {
  const known = status?.rescue
  const isSo = findCondition(status?.conditions, 'Rescued')?.reason === 'Rescued'
  return isSo && known !== undefined && isRunOf(known, pod) && isWanted(known, spec.rescue)
}

/** Adds to a verdict on a VM what its rescue has to say, and its next step where nothing else is to be done. */
export function withRescue(observed: Observed, verdict: Verdict): Verdict {
  const { instance, rescue, pod } = observed
  if (rescue === undefined) return verdict
  const known = instance.status?.rescue
  const view = pod !== undefined && isOurs(observed, pod) ? viewPod(pod) : undefined
  const isUp = view?.started === true && !view.terminating && verdict.active.status === 'True'
  const asBefore = { ...verdict, ...saidBefore(observed) }
  if (known === undefined) {
    if (!isUp || verdict.action !== undefined || instance.spec.rescue === undefined) return verdict
    return begun(view, instance.spec.rescue, verdict)
  }
  if (view !== undefined && isRunOf(known, view)) {
    if (!isUp || verdict.action !== undefined) return asBefore
    const step = isWanted(known, instance.spec.rescue) ? entering : leaving
    return step(observed, view, known, rescue, verdict)
  }
  return over(observed, known, rescue, verdict)
}

/** What was said of it stays said. */
function saidBefore({ instance: { status } }: Observed): Pick<Verdict, 'rescued'> {
  const before = findCondition(status?.conditions, 'Rescued')
  return before === undefined ? {} : { rescued: before as Finding }
}

/** That this VM is rescued is written down before anything is done in it: whoever comes later must not take another one for it. */
function begun(pod: PodView, wanted: Rescue, verdict: Verdict): Verdict {
  if (!pod.hasRescuePort || pod.fleeceBytes === undefined) {
    const message =
      'The VM was started by an older version of the operator, and cannot be rescued. Take spec.rescue away; after a rebuild (spec.rebuildGeneration), which throws the disk away, the next VM can be.'
    return stuck(verdict, 'RescueTooOld', message)
  }
  const { uid: podUID, restarts } = pod
  return {
    ...underWay(verdict, 'RescuePreparing', 'The rescue of this VM begins; it runs on until then.'),
    rescue: { ...rescueImageOf(wanted), podUID, restarts },
    requeueAfterSeconds: 1,
  }
}

type Enter = (observed: Observed, pod: PodView, known: Known, rescue: RescueView, verdict: Verdict) => Verdict

const entering: Enter = (observed, pod, known, rescue, verdict) => {
  if (isSettled(observed.instance, pod))
    return rescue.worker === undefined
      ? atRest(verdict, known)
      : doing('removeWorker', atRest(verdict, known))
  const { disk } = rescue
  if (disk.kind === 'unasked') return { ...verdict, ...saidBefore(observed) }
  if (disk.kind === 'unreachable') return unreachable(verdict, disk.message)
  if (!isSwitched(disk.graph)) return preparing(observed, pod, rescue, disk.graph, verdict)
  if (!isBooted(disk.graph)) return doing('boot', booting(verdict))
  if (rescue.worker !== undefined) return doing('removeWorker', booting(verdict))
  if (disk.graph.hasSecond) return atRest(verdict, known)
  if (known.bootedAt === undefined) {
    const bootedAt = toTimestamp(observed.now.getTime())
    return { ...booting(verdict), rescue: { ...known, bootedAt }, requeueAfterSeconds: 1 }
  }
  const left = longestBootSeconds - (observed.now.getTime() - Date.parse(known.bootedAt)) / 1000
  if (disk.answers || left <= 0) return doing('attach', booting(verdict))
  return lookedAtWithin(booting(verdict), Math.min(left, askAgainSeconds))
}

function preparing(
  { now }: Observed,
  pod: PodView,
  { source, worker: workerPod }: RescueView,
  graph: RescueGraph,
  verdict: Verdict,
): Verdict {
  const worker = workerPod === undefined ? undefined : viewWorker(workerPod)
  if (worker?.phase === 'Succeeded' && graph.nodes.length > 0) return doing('boot', booting(verdict))
  if (source === undefined || source.kind !== 'ready') {
    const { reason = 'RescuePreparing', message = '' } = source ?? {}
    return source?.kind === 'waiting'
      ? underWay(verdict, reason, message)
      : { ...stuck(verdict, reason, message), requeueAfterSeconds: retrySeconds }
  }
  const small = pod.size === undefined ? undefined : tooSmall(sizeAsBuilt(pod.size), source)
  if (small !== undefined) return stuck(verdict, 'RescueImageTooDemanding', small.message)
  const differs = otherFirmware(pod.boot, source.boot)
  if (differs !== undefined) return stuck(verdict, 'RescueFirmwareDiffers', differs)
  if (worker === undefined) {
    if (graph.isSnapshotted) {
      const message = 'A snapshot of the VM is under way; the rescue begins when it is complete.'
      return { ...underWay(verdict, 'RescuePreparing', message), requeueAfterSeconds: 5 }
    }
    return doing('fill', copying(verdict))
  }
  // It wrote to a disk that is gone, or was told to go.
  if (worker.terminating) return { ...copying(verdict), requeueAfterSeconds: 1 }
  if (worker.outcome !== undefined) return failed(worker, now, verdict)
  if (worker.unschedulable === undefined) return copying(verdict)
  const message = `No node takes the worker that brings the rescue image at present: ${worker.unschedulable}`
  return underWay(verdict, 'RescueCopying', message)
}

/** The machine is not made anew for a rescue, and its firmware stays what it is. A claim does not say what boots it. */
function otherFirmware(
  pinned: PodView['boot'],
  { kind, name, firmware = 'BIOS' }: Booted,
): string | undefined {
  const own = pinned?.firmware ?? 'BIOS'
  if (kind === persistentVolumeClaims.kind || firmware === own) return undefined
  return `The VM boots by ${own}, and ${kind} ${name} by ${firmware}: a rescue does not change the firmware of a machine. Use a rescue image that boots by ${own}, or take spec.rescue away.`
}

const sizeAsBuilt = (size: NonNullable<PodView['size']>) => ({
  ...size,
  diskBytes: bytesOf(size.disk),
  memoryBytes: bytesOf(size.memory),
})

function failed(worker: WorkerView, now: Date, verdict: Verdict): Verdict {
  const { outcome } = worker
  if (outcome?.kind !== 'failed') return doing('removeWorker', copying(verdict))
  const said = `The rescue image was not brought to the VM (${outcome.reason}): ${outcome.message}`
  if (outcome.permanent)
    return stuck(verdict, 'RescueFailed', `${said} Take spec.rescue away, and try another image.`)
  const due = Date.parse(worker.terminated?.finishedAt ?? '') + retrySeconds * 1000
  const left = (due - now.getTime()) / 1000
  const next = stuck(verdict, 'RescueFailed', `${said} It is tried again every minute.`)
  return left > 0 ? { ...next, requeueAfterSeconds: left } : doing('removeWorker', next)
}

const leaving: Enter = (observed, pod, known, { worker, disk }, verdict) => {
  const message = 'The VM is brought back to its own disk.'
  const isAway = known.bootedAt !== undefined
  const next = (isAway ? begunAnew : underWay)(verdict, 'RescueEnding', message)
  // First of all nobody writes any more.
  if (worker !== undefined) return doing('removeWorker', next)
  if (disk.kind === 'unasked') return { ...verdict, ...saidBefore(observed) }
  if (disk.kind === 'unreachable') return unreachable(verdict, disk.message)
  const isStill = disk.graph.runState === 'prelaunch' && observed.instance.spec.powerState !== 'Paused'
  if (!isClean(disk.graph) || isStill) return doing('end', next)
  // The kubelet still speaks of the rescue system.
  if (isAway && pod.ready && !disk.answers) return lookedAtWithin(next, 1)
  return { ...verdict, rescue: 'over' }
}

/** There is another VM by now, or none: what was to be rescued is gone. */
function over({ instance }: Observed, known: Known, { worker }: RescueView, verdict: Verdict): Verdict {
  const message =
    'The VM that was to be rescued was lost or rebuilt, and its disk with it; this one began afresh and runs as usual. Take spec.rescue away.'
  const isAsked = isWanted(known, instance.spec.rescue)
  const told: Verdict = isAsked ? { ...verdict, rescued: no('RescueLost', message) } : verdict
  if (worker !== undefined) return verdict.action === undefined ? doing('removeWorker', told) : told
  return isAsked ? told : { ...told, rescue: 'over' }
}

function atRest(verdict: Verdict, { kind, name }: Known): Verdict {
  const message = `The VM runs ${kind} ${name}, and has its own disk as a second one, with the serial number rescued. Take spec.rescue away when that is repaired.`
  const { passing: _, ...rest } = verdict
  const phase = verdict.stalled === undefined ? 'Rescued' : verdict.phase
  return { ...rest, phase, atRest: true, rescued: yes('Rescued', message) }
}

function underWay(verdict: Verdict, reason: Finding['reason'], message: string): Verdict {
  const { passing: _, ...rest } = verdict
  return { ...rest, phase: 'Rescuing', rescued: no(reason, message) }
}

const copying = (verdict: Verdict): Verdict =>
  underWay(verdict, 'RescueCopying', 'The rescue image is being copied to the VM, which runs on until then.')

const booting = (verdict: Verdict): Verdict =>
  begunAnew(
    verdict,
    'RescueBooting',
    'The rescue system starts; the disk of the VM is given to it when it answers.',
  )

/** The machine begins anew: what the guest answered before says nothing of it. */
const begunAnew = (verdict: Verdict, reason: Finding['reason'], message: string): Verdict => ({
  ...underWay(verdict, reason, message),
  guestReady: no(reason, message),
})

/** The VM cannot be rescued as asked, and runs on as it is. */
function stuck(verdict: Verdict, reason: Finding['reason'], message: string): Verdict {
  return {
    ...underWay(verdict, reason, message),
    phase: 'Stalled',
    stalled: { reason, message },
  }
}

const unreachable = (verdict: Verdict, why: string): Verdict => ({
  ...underWay(
    verdict,
    'ControlUnreachable',
    `The VM runs, but the operator cannot go on with its rescue: ${why}. It tries again every few seconds.`,
  ),
  requeueAfterSeconds: 5,
})

/** The step, and soon the next. */
const doing = (step: RescueStep, verdict: Verdict): Verdict => ({
  ...lookedAtWithin(verdict, 1),
  action: { kind: 'rescue', step },
})

/** What is said when a step could not be done. `refused`: the API server's reason for not having it. */
export function rescueTrouble(wanted: Verdict, why: string, refused?: Finding['reason']): Verdict {
  const { action: _, atRest: __, ...rest } = wanted
  if (refused === undefined) return unreachable(rest, why)
  return { ...stuck(rest, refused, `The VM cannot be rescued: ${why}`), requeueAfterSeconds: refusedSeconds }
}

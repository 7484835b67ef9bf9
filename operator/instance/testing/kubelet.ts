import type { KubeClient } from '../../kube/client.ts'
import { type Clock, systemClock, toTimestamp } from '../../kube/clock.ts'
import { isConflict, isNotFound } from '../../kube/errors.ts'
import { keyOf, objectKey, type Pod, splitKey } from '../../kube/object.ts'
import { controllerOf } from '../../kube/owner.ts'
import { Reflector } from '../../kube/reflector.ts'
import { pods, resourcePath } from '../../kube/resource.ts'
import { Controller } from '../../runtime/controller.ts'
import type { Outcome } from '../../runtime/outcome.ts'
import { FakeWorkers, isServing, isWorker } from '../../worker/testing/workers.ts'
import { FakeVms } from './vms.ts'

/** How far a pod gets by itself: no node, a node, a container, QEMU, a guest that answers. */
export const stages = ['pending', 'bound', 'running', 'started', 'ready'] as const
export type Stage = (typeof stages)[number]

export type FakeKubeletOptions = Readonly<{
  client: KubeClient
  clock?: Clock
  /** Default 3. */
  nodes?: number
  workers?: number
  /** The stages that it writes; those in between are reached with the next. Default: each. */
  steps?: readonly Stage[]
  /** Seconds from the start of QEMU until the guest answers. Default 0. */
  bootSeconds?: number
}>

type PodStatus = NonNullable<Pod['status']>
type ContainerStatus = NonNullable<PodStatus['containerStatuses']>[number]

/** A node, or the scheduler's words. */
export type Placement = Readonly<{ node: string } | { refusal: string }>

/** How a VM or a worker ends: the exit code of its container and the runner's last words. */
export type Ending = Readonly<{ exitCode: number; reason: string; message: string; [more: string]: unknown }>

/**
 * Plays scheduler and kubelet against a real API server: binds every pod, moves its status on, restarts its container
 * as its restartPolicy says, and confirms its deletion.
 */
export class FakeKubelet {
  readonly vms = new FakeVms()
  readonly workers = new FakeWorkers()
  /** The scheduler: finds a node for a pod, or says why there is none. Default: any. */
  place: (pod: Pod) => Promise<Placement> = async (pod) => ({ node: this.#anyNode(pod) })
  /** Whether the runner in a VM's pod waits for its image. Default: the image is there. */
  awaitsImage: (pod: Pod) => Promise<boolean> = async () => false
  readonly #client: KubeClient
  readonly #clock: Clock
  readonly #nodes: number
  readonly #steps: readonly Stage[]
  readonly #bootMs: number
  /** When QEMU started in the pod with this address, in ms of the clock. */
  readonly #startedAt = new Map<string, number>()
  readonly #pods: Reflector<Pod>
  readonly #controller: Controller
  readonly #stages = new Map<string, Stage>()
  readonly #addresses = new Map<string, string>()
  readonly #podsAt = new Map<string, string>()
  readonly #seen = new Map<string, Set<string>>()
  readonly #kept = new Set<string>()
  readonly #hurried = new Set<string>()

  constructor(options: FakeKubeletOptions) {
    this.#client = options.client
    this.#clock = options.clock ?? systemClock
    this.#nodes = options.nodes ?? 3
    this.#steps = options.steps ?? stages
    this.#bootMs = (options.bootSeconds ?? 0) * 1000
    this.#pods = new Reflector({ client: options.client, type: pods, name: 'kubelet' })
    this.#controller = new Controller({
      name: 'kubelet',
      workers: options.workers ?? 4,
      reconcile: (key) => this.#reconcile(key),
    })
    this.#pods.store.onChange((_, next) => {
      if (next === undefined) return
      const key = keyOf(next)
      this.#seen.set(key, (this.#seen.get(key) ?? new Set()).add(next.metadata.uid ?? ''))
    })
    this.#controller.watch(this.#pods.store)
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#pods.run(signal), this.#controller.run(signal)])
  }

  synced(): Promise<void> {
    return this.#pods.synced()
  }

  /** The pods as this kubelet sees them. */
  get store() {
    return this.#pods.store
  }

  /** Nothing is being done, and nothing waits to be. */
  get isIdle(): boolean {
    const { ready, running } = this.#controller.queueState
    return ready.fresh + ready.bulk + running === 0
  }

  /** Different pods of this name (`namespace/name`) so far. */
  made(pod: string): number {
    return this.#seen.get(pod)?.size ?? 0
  }

  /** The pods of this name get no further than this stage, until told otherwise. Default `ready`. */
  holdAt(pod: string, stage: Stage): void {
    this.#stages.set(pod, stage)
    this.#controller.enqueue(pod)
  }

  /** VMs of this namespace get as far as they do at one go, once they have a node. */
  hurry(namespace: string): void {
    this.#hurried.add(namespace)
  }

  /** Pods of this name that were told to go stay (as on a node that is cut off), until told otherwise. */
  keep(pod: string, kept: boolean): void {
    if (kept) this.#kept.add(pod)
    else this.#kept.delete(pod)
    this.#controller.enqueue(pod)
  }

  /** The pod with this address, as `namespace/name`. */
  podAt(address: string): string | undefined {
    return this.#podsAt.get(address)
  }

  /** The runner in pods of this name finds something wrong and waits, or no more. */
  trouble(pod: string, found: Readonly<{ reason: string; message: string }> | undefined): void {
    this.vms.trouble(pod, found === undefined ? undefined : { phase: 'Waiting', ...found })
    this.#controller.enqueue(pod)
  }

  /** The node has no room for what this VM writes: QEMU holds the guest, and it does not answer. `trouble` ends it. */
  async fill(pod: string): Promise<void> {
    this.vms.trouble(pod, { phase: 'Running', reason: 'OverlayFull', message: 'no room' })
    await this.#patch(pod, (live) => this.#container(live, { ready: false }))
  }

  /** The VM's container ends. The kubelet starts it again where the pod's restartPolicy says so. */
  async end(pod: string, ending: Ending): Promise<void> {
    const { exitCode, ...words } = ending
    await this.#patch(pod, (live) => {
      const [container] = live.status?.containerStatuses ?? []
      this.vms.end(addressIn(live))
      const at = toTimestamp(this.#clock.now())
      const terminated = {
        exitCode,
        reason: exitCode === 0 ? 'Completed' : 'Error',
        message: JSON.stringify(words),
        finishedAt: at,
        ...(container?.state?.running?.startedAt === undefined
          ? {}
          : { startedAt: container.state.running.startedAt }),
      }
      const status = this.#container(live, { ready: false, started: false, state: { terminated } })
      if (startsAgain(live, exitCode)) return status
      return { ...status, phase: exitCode === 0 ? 'Succeeded' : 'Failed' }
    })
  }

  /** The node throws the pod out. */
  async evict(pod: string): Promise<void> {
    await this.#patch(pod, (live) => {
      this.vms.end(addressIn(live))
      const terminated = { exitCode: 137, reason: 'Error', finishedAt: toTimestamp(this.#clock.now()) }
      const status = this.#container(live, { ready: false, started: false, state: { terminated } })
      return { ...status, phase: 'Failed', reason: 'Evicted', message: 'The node was low on memory.' }
    })
  }

  /** The node shuts down in order: its kubelet lets the guest power off, and then marks the pod, whatever its restartPolicy. */
  async shutDown(pod: string): Promise<void> {
    await this.#patch(pod, (live) => {
      this.vms.end(addressIn(live))
      const words = { reason: 'Terminated', message: 'The guest powered off, as it was asked to.' }
      const ended = { exitCode: 0, reason: 'Completed', message: JSON.stringify(words) }
      const terminated = { ...ended, finishedAt: toTimestamp(this.#clock.now()) }
      const status = this.#container(live, { ready: false, started: false, state: { terminated } })
      const message = 'Pod was terminated in response to imminent node shutdown.'
      const disrupted = { type: 'DisruptionTarget', status: 'True', reason: 'TerminationByKubelet', message }
      const conditions = [...(status.conditions ?? []), disrupted]
      return { ...status, phase: 'Failed', reason: 'Terminated', message, conditions }
    })
  }

  async #reconcile(key: string): Promise<Outcome> {
    const pod = this.#pods.store.getByKey(key)
    if (pod === undefined) return {}
    try {
      if (pod.metadata.deletionTimestamp !== undefined) await this.#confirm(pod)
      else return await this.#moveOn(pod)
    } catch (error) {
      // Somebody was faster; what became of it comes with the watch.
      if (!isNotFound(error) && !isConflict(error)) throw error
    }
    return {}
  }

  async #confirm(pod: Pod): Promise<void> {
    if (this.#kept.has(keyOf(pod))) return
    this.vms.end(addressIn(pod))
    await this.#client.delete(pods, pod.metadata, { uid: pod.metadata.uid, gracePeriodSeconds: 0 })
  }

  async #moveOn(pod: Pod): Promise<Outcome> {
    const key = keyOf(pod)
    const reached = stageOf(pod)
    const limit = this.vms.hasTrouble(key) ? 'running' : (this.#stages.get(key) ?? 'ready')
    if (reached === undefined || stages.indexOf(reached) >= stages.indexOf(limit)) return {}
    if (reached === 'pending') {
      if ((pod.spec.schedulingGates ?? []).length > 0) return {}
      const placement = await this.place(pod)
      if ('node' in placement) await this.#bind(pod, placement.node)
      else await this.#refuse(pod, placement.refusal)
      return 'node' in placement ? {} : { requeueAfterSeconds: 0.2 }
    }
    if (reached === 'running' && isServing(pod)) return {}
    if (reached === 'running' && isWorker(pod)) {
      if (this.#awaitsMoment(pod)) return { requeueAfterSeconds: 0.1 }
      await this.end(key, this.#workerEnding(pod))
      return {}
    }
    if (reached === 'running' && (await this.awaitsImage(pod))) return { requeueAfterSeconds: 0.2 }
    const ahead = stages.slice(stages.indexOf(reached) + 1, stages.indexOf(limit))
    // In a pod whose image is not there yet nobody can hurry.
    const hurries = this.#hurried.has(pod.metadata.namespace ?? '') && !(await this.awaitsImage(pod))
    const next = isWorker(pod)
      ? (ahead[0] ?? limit)
      : ((hurries ? undefined : this.#steps.find((step) => ahead.includes(step))) ?? limit)
    const leftMs = next === 'ready' ? this.#leftToBoot(pod) : 0
    if (leftMs > 0) return { requeueAfterSeconds: leftMs / 1000 }
    await this.#write(pod, this.#statusAt(pod, next))
    return {}
  }

  #leftToBoot(pod: Pod): number {
    const since = this.#startedAt.get(addressIn(pod)) ?? Number.NEGATIVE_INFINITY
    return since + this.#bootMs - this.#clock.monotonic()
  }

  /** It may wait for an export that is not there yet, of a QEMU that is. */
  #awaitsMoment(pod: Pod): boolean {
    const waits = pod.spec.containers[0]?.env?.some(({ name }) => name === 'WORKER_AWAIT_SECONDS')
    const { host, name } = exportFor(pod)
    return waits === true && this.vms.qemu(host)?.exports.has(name) === false
  }

  /** A worker that reads a VM's disk, or an image, fails where that is not served. */
  #workerEnding(pod: Pod): Ending {
    const { from, host, name } = exportFor(pod)
    if (from !== undefined && name === 'disk' && this.#isOffered(host)) return this.workers.endingOf(pod)
    const qemu = this.vms.qemu(host)
    if (from === undefined || (qemu?.exports.has(name) && !qemu.isBroken)) return this.workers.endingOf(pod)
    return { exitCode: 1, reason: 'SourceLost', message: 'The source broke off.' }
  }

  #isOffered(host: string): boolean {
    const pod = this.#pods.store.getByKey(this.podAt(host) ?? '')
    return pod !== undefined && isServing(pod) && pod.metadata.deletionTimestamp === undefined
  }

  #anyNode(pod: Pod): string {
    const number = [...(pod.metadata.uid ?? '')].reduce((sum, digit) => sum + digit.charCodeAt(0), 0)
    return `node-${number % this.#nodes}`
  }

  async #refuse(pod: Pod, message: string): Promise<void> {
    const said = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled')
    if (said?.message === message) return
    const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }
    await this.#write(pod, { phase: 'Pending', conditions: [condition] })
  }

  async #bind(pod: Pod, node: string): Promise<void> {
    const { name, namespace = '' } = pod.metadata
    const path = resourcePath(pods, { name, namespace, subresource: 'binding' })
    const target = { apiVersion: 'v1', kind: 'Node', name: node }
    const body = { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace }, target }
    await this.#client.request({ method: 'POST', path, body })
  }

  #statusAt(pod: Pod, stage: Stage): Partial<PodStatus> {
    const owner = controllerOf(pod)?.uid ?? keyOf(pod)
    const address = this.#addressOf(pod)
    const [before] = pod.status?.containerStatuses ?? []
    const running = { startedAt: toTimestamp(this.#clock.now()) }
    const started = !isWorker(pod) && (stage === 'started' || stage === 'ready')
    if (started && !this.vms.isRunning(address)) {
      this.vms.boot(address, owner, writtenClaims(pod))
      this.#startedAt.set(address, this.#clock.monotonic())
    }
    const ended = before?.state?.terminated
    const restartCount = (before?.restartCount ?? 0) + (ended === undefined ? 0 : 1)
    return this.#container(pod, {
      started,
      ready: stage === 'ready',
      state: before?.state?.running === undefined ? { running } : { running: before.state.running },
      restartCount,
      ...(ended === undefined ? {} : { lastState: { terminated: ended } }),
    })
  }

  /** The pod's status with its one container changed in these ways. */
  #container(pod: Pod, change: Partial<ContainerStatus>): Partial<PodStatus> {
    const address = this.#addressOf(pod)
    const name = pod.spec.containers[0]?.name ?? ''
    const [before] = pod.status?.containerStatuses ?? []
    const base = { name, image: 'image', imageID: '', ready: false, restartCount: 0 }
    const container: ContainerStatus = { ...base, ...before, ...change }
    const others = pod.status?.conditions?.filter(({ type }) => type !== 'Ready') ?? []
    const was = pod.status?.conditions?.find(({ type }) => type === 'Ready')
    const status = container.ready ? 'True' : 'False'
    const lastTransitionTime =
      was?.status === status && was.lastTransitionTime !== undefined
        ? was.lastTransitionTime
        : toTimestamp(this.#clock.now())
    return {
      phase: 'Running',
      podIP: address,
      podIPs: [{ ip: address }],
      containerStatuses: [container],
      conditions: [...others, { type: 'Ready', status, lastTransitionTime }],
    }
  }

  #addressOf(pod: Pod): string {
    const uid = pod.metadata.uid ?? ''
    const number = this.#addresses.size + 1
    const fresh = `127.${1 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`
    const address = addressIn(pod) || (this.#addresses.get(uid) ?? fresh)
    this.#addresses.set(uid, address)
    this.#podsAt.set(address, keyOf(pod))
    return address
  }

  /** Writes over the very version that was looked at, as often as it takes. */
  async #patch(key: string, change: (pod: Pod) => Partial<PodStatus>): Promise<void> {
    for (;;) {
      const pod = await this.#client.get(pods, splitKey(key))
      try {
        await this.#write(pod, change(pod))
        return
      } catch (error) {
        if (!isConflict(error)) throw error
      }
    }
  }

  async #write(pod: Pod, status: Partial<PodStatus>): Promise<void> {
    const { uid, resourceVersion } = pod.metadata
    const patch = { metadata: { uid, resourceVersion }, status }
    await this.#client.mergePatch(pods, pod.metadata, patch, { subresource: 'status' })
  }
}

/** Undefined: over, and never to run again. */
function stageOf(pod: Pod): Stage | undefined {
  if (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') return undefined
  if (pod.spec.nodeName === undefined) return 'pending'
  const [container] = pod.status?.containerStatuses ?? []
  if (container?.state?.running === undefined) return 'bound'
  if (container.ready) return 'ready'
  return container.started === true ? 'started' : 'running'
}

/** The claims that the pod's VM writes to. */
const writtenClaims = (pod: Pod): string[] =>
  (pod.spec.volumes ?? []).flatMap(({ persistentVolumeClaim: claim }) =>
    claim === undefined || claim.readOnly === true
      ? []
      : [objectKey(pod.metadata.namespace, claim.claimName)],
  )

const startsAgain = (pod: Pod, exitCode: number): boolean =>
  pod.spec.restartPolicy === 'Always' || (pod.spec.restartPolicy === 'OnFailure' && exitCode !== 0)

const addressIn = (pod: Pod): string => pod.status?.podIPs?.[0]?.ip ?? ''

/** What a worker reads from another pod: that one's address, and the export's name. */
function exportFor(pod: Pod): Readonly<{ from: string | undefined; host: string; name: string }> {
  const from = pod.spec.containers[0]?.env?.find(({ name }) => name === 'WORKER_NBD')?.value
  const [, host = '', name = ''] = /^(.*):\d+\/(.*)$/.exec(from ?? '') ?? []
  return { from, host, name }
}

import { type BaseImage, baseImage } from '../api/base-image.ts'
import type { ImageReason } from '../api/image-reasons.ts'
import type { BaseImageStatus } from '../api/image-status.ts'
import { baseImages } from '../api/types.ts'
import type { Applier } from '../kube/apply.ts'
import type { EventSink } from '../kube/events.ts'
import { splitKey } from '../kube/object.ts'
import { OwnWrites } from '../kube/own-writes.ts'
import { Refused } from '../pod/refused.ts'
import type { ReconcileContext } from '../runtime/controller.ts'
import type { Outcome } from '../runtime/outcome.ts'
import { removeWorker, removeWorkerSecret } from '../worker/remove.ts'
import { type ActDependencies, act, removeClaim } from './act.ts'
import { decide, leftovers } from './decide.ts'
import { type ObserveDependencies, observe } from './observe.ts'
import type { Observed } from './observed.ts'
import { statusOf } from './status.ts'
import { storyOf } from './story.ts'
import { stalled, type Verdict } from './verdict.ts'

export type ImageReconcileDependencies = ObserveDependencies &
  ActDependencies &
  Readonly<{ applier: Applier; events: EventSink }>

/** Seconds until something that the API server refused is tried again. */
const refusedAgainSeconds = 15

/** Brings one image a step nearer to its spec: gather, decide, act, say what was found, and clear up. */
export class ImageReconciler {
  readonly #dependencies: ImageReconcileDependencies
  readonly #written = new OwnWrites<BaseImage>()

  constructor(dependencies: ImageReconcileDependencies) {
    this.#dependencies = dependencies
  }

  async reconcile(key: string, { signal, log }: ReconcileContext): Promise<Outcome> {
    const { sources, applier } = this.#dependencies
    const stored = sources.images.getByKey(key)
    if (stored === undefined) {
      this.#written.forget(key)
      applier.forget(baseImages, splitKey(key))
      return {}
    }
    const image = this.#written.latest(stored)
    const parsed = baseImage.safeParse(image)
    if (!parsed.success) {
      log.warn('Spec is not understood', { issues: parsed.error.issues })
      return {}
    }
    const observed = await observe({ ...image, spec: parsed.data.spec }, this.#dependencies)
    const wanted = decide(observed)
    // Said before it is done: what a crash leaves of a worker is found by the status.
    if (wanted.action === 'createWorker') await this.#say(observed.image, statusOf(observed, wanted), signal)
    const verdict = await this.#carryOut(wanted, observed, signal)
    // The object is gone with its last finalizer, and what protects it comes with the watch.
    if (wanted.action === 'release' || wanted.action === 'protect') return {}
    const waitFor = verdict.requeueAfterSeconds
    if (verdict.passing === true) return waitFor === undefined ? {} : { requeueAfterSeconds: waitFor }
    const status = statusOf(observed, verdict)
    const { lookAgainSeconds } = await this.#sayAndClearUp(observed, status, signal)
    const waits = [waitFor, lookAgainSeconds].filter((one) => one !== undefined)
    return waits.length === 0 ? {} : { requeueAfterSeconds: Math.min(...waits) }
  }

  async #carryOut(wanted: Verdict, observed: Observed, signal: AbortSignal): Promise<Verdict> {
    if (wanted.action === undefined) return wanted
    try {
      await act(wanted.action, observed, this.#dependencies, signal)
      return wanted
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      const verdict = stalled('Pending', error.reason as ImageReason, error.message)
      return { ...verdict, requeueAfterSeconds: refusedAgainSeconds }
    }
  }

  async #say(image: BaseImage, status: BaseImageStatus, signal: AbortSignal): Promise<void> {
    const { applier, events } = this.#dependencies
    const { object, outcome } = await applier.applyStatus(baseImages, image, status, { signal })
    if (outcome === 'unchanged') return
    this.#written.note(object)
    for (const event of storyOf(image.status, status)) events.record(object, event)
  }

  async #sayAndClearUp(observed: Observed, status: BaseImageStatus, signal: AbortSignal) {
    const { client } = this.#dependencies
    const { image } = observed
    const found = leftovers(observed, status)
    // Before the status, which may be all that knows of it.
    if (found.secret !== undefined)
      await removeWorkerSecret({ ...image.metadata, name: found.secret }, client, signal)
    await this.#say(image, status, signal)
    // After the status, which holds what the worker said.
    for (const { metadata } of found.pods) {
      if (metadata.deletionTimestamp === undefined) await removeWorker(metadata, client, signal)
      else if (metadata.name !== found.secret) await removeWorkerSecret(metadata, client, signal)
    }
    for (const claim of found.claims) await removeClaim(claim, client, signal)
    return found
  }
}

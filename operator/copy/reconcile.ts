import type { Pod } from '../kube/object.ts'
import type { Store } from '../kube/store.ts'
import { Refused } from '../pod/refused.ts'
import type { ReconcileContext } from '../runtime/controller.ts'
import type { Outcome } from '../runtime/outcome.ts'
import { removeWorker } from '../worker/remove.ts'
import { viewWorker } from '../worker/view.ts'
import { type ImageAccess, mayHave } from './access.ts'
import { act, type CopyActDependencies } from './act.ts'
import { type Copied, contentOf } from './content.ts'
import { type CopyAction, type CopyObserved, decideCopy, failedOnce } from './decide.ts'
import { sourceName, targetName } from './desired.ts'
import { ownerKey, servedObject } from './record.ts'
import { type ClaimSources, type ClaimView, claimsOf, isCopyOf, viewClaim } from './views.ts'

export type CopyReconcileDependencies = CopyActDependencies &
  Readonly<{
    kind: Copied['kind']
    /** The images that copies are made of, all of that kind. */
    copied: Pick<Store<Copied>, 'getByKey'>
    sources: ClaimSources
    access: Pick<ImageAccess, 'mayUse'>
    keepSeconds: number
    now: () => Date
  }>

/** Brings each copy of one image a step nearer to where it is to be. */
export class CopyReconciler {
  readonly #dependencies: CopyReconcileDependencies
  /** Since when this process knows of the pods that offer images, RFC 3339 by their UIDs. */
  readonly #seen = new Map<string, string>()

  constructor(dependencies: CopyReconcileDependencies) {
    this.#dependencies = dependencies
  }

  async reconcile(key: string, { signal, log }: ReconcileContext): Promise<Outcome> {
    const { kind, sources } = this.#dependencies
    const copies = sources.claims
      .byIndex('copyOf', `${kind}/${key}`)
      .map((claim) => viewClaim(claim, sources))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
    const waits: number[] = []
    // Each namespace gets one copy at a time: what goes slowly in one does not hold up the others.
    const busy = new Set(copies.filter((copy) => this.#hasWorkers(copy)).map(({ namespace }) => namespace))
    const errors: unknown[] = []
    for (const copy of copies) {
      const what = { claim: copy.name, namespace: copy.namespace }
      try {
        const observed = await this.#observe(key, copy, busy.has(copy.namespace), signal)
        const { action, requeueAfterSeconds } = decideCopy(observed)
        if (requeueAfterSeconds !== undefined) waits.push(requeueAfterSeconds)
        if (action === undefined) continue
        if (action.kind === 'createSource') busy.add(copy.namespace)
        log.info('Copy', { ...what, action: action.kind })
        await this.#carryOut(action, observed, signal)
      } catch (error) {
        if (copies.length > 1) log.warn('A copy failed; the others go on', { ...what, error })
        errors.push(error)
      }
    }
    if (errors.length > 0) throw errors[0]
    await this.#removeOrphans(copies, key, signal)
    return waits.length === 0 ? {} : { requeueAfterSeconds: Math.max(0.1, Math.min(...waits)) }
  }

  /** What the API server refuses in one namespace, by quota or policy, counts as a failed try: it is told, and tried again later. */
  async #carryOut(action: CopyAction, observed: CopyObserved, signal: AbortSignal): Promise<void> {
    try {
      await act(action, observed, this.#dependencies, signal)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      const { copy, source, now } = observed
      const record = failedOnce(copy.record, now, source?.uid ?? '', error.reason, error.message)
      await act({ kind: 'note', record }, observed, this.#dependencies, signal)
    }
  }

  /** Workers of a copy that is gone: nothing else would end the one that offers the image. */
  async #removeOrphans(copies: readonly ClaimView[], key: string, signal: AbortSignal): Promise<void> {
    const { kind, sources, client } = this.#dependencies
    const known = copies.flatMap((copy) => Object.values(this.#workersOf(copy)))
    for (const pod of sources.pods.byIndex('copyFor', `${kind}/${key}`))
      if (!known.includes(pod) && pod.metadata.deletionTimestamp === undefined)
        await removeWorker(pod.metadata, client, signal)
  }

  #workersOf(copy: ClaimView): Readonly<{ source: Pod | undefined; target: Pod | undefined }> {
    const { pods } = this.#dependencies.sources
    const { claim, record } = copy
    if (record === undefined) return { source: undefined, target: undefined }
    const ours = (pod: Pod | undefined) =>
      pod !== undefined && servedObject(pod).includes(ownerKey(record.of)) ? pod : undefined
    return {
      source: ours(pods.get(record.of.namespace, sourceName({ claim, record }))),
      target: ours(pods.get(copy.namespace, targetName(claim))),
    }
  }

  /** By our own clock: that of whoever stamped the pod may be another. */
  #firstSeen(uid: string): string {
    const now = this.#dependencies.now().toISOString()
    const first = this.#seen.get(uid) ?? now
    this.#seen.delete(uid)
    this.#seen.set(uid, first)
    const [oldest] = this.#seen.keys()
    if (this.#seen.size > 1000 && oldest !== undefined) this.#seen.delete(oldest)
    return first
  }

  #hasWorkers(copy: ClaimView): boolean {
    const { source, target } = this.#workersOf(copy)
    return source !== undefined || target !== undefined
  }

  async #observe(key: string, copy: ClaimView, isBusy: boolean, signal: AbortSignal): Promise<CopyObserved> {
    const { copied, sources, access, keepSeconds, now } = this.#dependencies
    const { record } = copy
    if (record === undefined) throw new TypeError(`claim ${copy.name} is no copy`)
    const image = copied.getByKey(key)
    const content = image === undefined ? undefined : contentOf(image)
    const isWanted =
      image !== undefined &&
      content !== undefined &&
      isCopyOf(record, content) &&
      (await mayHave(image, copy.namespace, access, signal))
    const { source, target } = this.#workersOf(copy)
    const [node] = copy.vms.flatMap(({ spec }) => spec.nodeName ?? [])
    return {
      copy: { ...copy, record },
      isWanted,
      isLeaving: image?.metadata.deletionTimestamp !== undefined,
      sources:
        content === undefined
          ? []
          : claimsOf(content, content.namespace, sources).filter(
              (one) => one.isReady && !one.isGoing && one.isBound,
            ),
      source: source === undefined ? undefined : viewWorker(source),
      target: target === undefined ? undefined : viewWorker(target),
      sourceMadeAt: source === undefined ? undefined : this.#firstSeen(source.metadata.uid ?? ''),
      node,
      isBusy,
      keepSeconds,
      now: now(),
    }
  }
}

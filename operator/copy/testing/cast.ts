import type { BaseImage } from '../../api/base-image.ts'
import type { EphemeralInstance } from '../../api/ephemeral-instance.ts'
import type { InstanceSpec } from '../../api/instance-spec.ts'
import { labels, labelValues } from '../../api/labels.ts'
import { unreachableControl } from '../../control/testing/unreachable.ts'
import { InstanceReconciler } from '../../instance/reconcile.ts'
import { config, instance } from '../../instance/testing/build.ts'
import type { FakeKubelet, Placement } from '../../instance/testing/kubelet.ts'
import type { Applier } from '../../kube/apply.ts'
import { KubeError } from '../../kube/errors.ts'
import {
  type Intent,
  type KubeObject,
  keyOf,
  type PersistentVolumeClaim,
  type Pod,
} from '../../kube/object.ts'
import type { ResourceType } from '../../kube/resource.ts'
import { ObjectStore } from '../../kube/store.ts'
import { Findings } from '../../runtime/findings.ts'
import { silentLogger } from '../../runtime/logger.ts'
import { completeWords } from '../../worker/testing/pods.ts'
import { CopyReconciler } from '../reconcile.ts'
import { recordOf } from '../record.ts'
import { claim, content, record } from './build.ts'
import { FakeLocalStorage } from './local-storage.ts'
import { Crash, MemoryCluster } from './memory.ts'

const context = { signal: new AbortController().signal, log: silentLogger, reconcileId: 'test' }
const isVm = ({ metadata }: Pod): boolean => metadata.labels?.[labels.name] === labelValues.name
const jobOf = ({ spec }: Pod): string | undefined => spec.containers[0]?.args?.[0]

/** A cluster in memory with an image on its first node, an operator, a scheduler, a kubelet, and a clock that goes on by seconds. */
export class Cast {
  readonly cluster = new MemoryCluster()
  readonly storage: FakeLocalStorage
  /** Pulls that are to fail before one succeeds. */
  failures = 0
  /** Namespaces that may use the image, besides its own. */
  readonly allowed = new Set<string>()
  /** Pods that the API server refuses, for want of quota. */
  refuse: (pod: Intent<Pod>) => boolean = () => false
  /** Writes of the operators so far, and the one after which an operator is killed. */
  writes = 0
  crashAt = Number.POSITIVE_INFINITY
  #place: ((pod: Pod) => Promise<Placement>) | undefined
  #instances!: InstanceReconciler
  #copies!: CopyReconciler
  readonly #keepSeconds: number

  constructor({ keepSeconds = 30 }: Readonly<{ keepSeconds?: number }> = {}) {
    this.#keepSeconds = keepSeconds
    const kubelet = { store: this.cluster.pods, place: undefined }
    this.storage = new FakeLocalStorage({
      client: this.cluster.client(),
      kubelet: kubelet as unknown as FakeKubelet,
    })
    this.#place = kubelet.place
    this.#startOperator()
    this.publish(content.claim, 'node-a')
  }

  /** The image has its content in this claim, on this node. */
  publish(claim: string, node: string, namespace = content.namespace): void {
    const { cluster } = this
    const name = `pv-${claim}`
    const term = { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] }
    cluster.put(cluster.volumes, {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name },
      spec: { nodeAffinity: { required: { nodeSelectorTerms: [term] } } },
    })
    cluster.put(cluster.claims, {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: claim, namespace },
      spec: { volumeName: name, storageClassName: 'local' },
      status: { phase: 'Bound' },
    })
    const before = cluster.images.get(namespace, content.name)
    cluster.put(cluster.images, {
      apiVersion: 'ephemera.dev/v1alpha1',
      kind: 'BaseImage',
      metadata: { name: content.name, namespace, ...before?.metadata },
      spec: {
        ...before?.spec,
        source: { upload: {} },
        capacity: '1Gi',
        visibility: this.allowed.size > 0 ? 'Cluster' : 'Namespace',
        firmware: 'BIOS',
      },
      status: { claim, sha256: content.sha256, size: String(content.size), phase: 'Ready' },
    } as BaseImage)
  }

  boot(name: string, spec: Partial<InstanceSpec> = {}, namespace = content.namespace): void {
    const one = instance({ boot: { image: content.name }, ...spec })
    this.cluster.put(this.cluster.instances, {
      ...one,
      metadata: { name, namespace, generation: 1 },
    } as EphemeralInstance)
  }

  /** A claim that somebody made, and that says of itself to be a copy. */
  forgery(namespace: string): PersistentVolumeClaim {
    const made = claim(`${content.claim}-c1`, { record: record(), volume: 'pv-forged' })
    return { ...made, metadata: { ...made.metadata, namespace } }
  }

  /** Deletes the VM. */
  delete(name: string, namespace = content.namespace): void {
    const found = this.cluster.instances.get(namespace, name)
    if (found !== undefined) this.cluster.remove(this.cluster.instances, found)
  }

  vm(name: string, namespace = content.namespace): EphemeralInstance {
    const found = this.cluster.instances.get(namespace, name)
    if (found === undefined) throw new Error(`there is no VM ${name}`)
    return found
  }

  get copies(): PersistentVolumeClaim[] {
    return this.cluster.claims.list().filter((claim) => recordOf(claim) !== undefined)
  }

  get workers(): Pod[] {
    return this.cluster.pods.list().filter((pod) => !isVm(pod))
  }

  /** Seconds pass until it holds; throws after an hour. */
  async until(what: string, holds: () => boolean): Promise<void> {
    for (let second = 0; second < 3600; second++) {
      if (holds()) return
      await this.second()
    }
    const told = this.cluster.instances.list().map(({ status }) => status?.conditions)
    throw new Error(`waited an hour for ${what}: ${JSON.stringify({ told, copies: this.copies })}`)
  }

  /** Everybody does what there is to do. */
  async second(): Promise<void> {
    this.cluster.now += 1000
    try {
      for (const one of this.cluster.instances.list()) await this.#instances.reconcile(keyOf(one), context)
      await this.#copies.reconcile(`${content.namespace}/${content.name}`, context)
    } catch (error) {
      if (!(error instanceof Crash)) throw error
      this.#startOperator()
    }
    for (const pod of this.cluster.pods.list()) await this.#kubelet(pod)
  }

  #startOperator(): void {
    const { cluster } = this
    const client = cluster.client(() => {
      this.writes++
      if (this.writes === this.crashAt) throw new Crash()
    })
    const access = { mayUse: async (_: unknown, user: string) => this.allowed.has(user) }
    const { create } = client
    client.create = async <T extends KubeObject>(type: ResourceType<T>, intent: Intent<T>) => {
      if (type.kind === 'Pod' && this.refuse(intent as unknown as Intent<Pod>))
        throw new KubeError({ status: 403, reason: 'Forbidden', message: 'exceeded quota: pods' })
      return create(type, intent)
    }
    const shared = { client, access, masterKey: Buffer.alloc(32), config, now: () => new Date(cluster.now) }
    this.#instances = new InstanceReconciler({
      ...shared,
      sources: {
        ...cluster,
        services: new ObjectStore(),
        nodes: new ObjectStore(),
        securityGroups: new ObjectStore(),
      },
      findings: new Findings(),
      applier: Object.assign(client, { forget: () => {} }) as unknown as Applier,
      events: { record: () => undefined },
      control: unreachableControl,
    })
    this.#copies = new CopyReconciler({
      ...shared,
      kind: 'BaseImage',
      copied: cluster.images,
      sources: cluster,
      keepSeconds: this.#keepSeconds,
    })
  }

  async #kubelet(pod: Pod): Promise<void> {
    const { cluster } = this
    const { phase } = pod.status ?? {}
    if (phase === 'Succeeded' || phase === 'Failed') return
    if (pod.spec.nodeName === undefined) {
      const placement = (await this.#place?.(pod)) ?? { refusal: 'nobody places pods' }
      if ('node' in placement) {
        cluster.put(cluster.pods, { ...pod, spec: { ...pod.spec, nodeName: placement.node } })
        return
      }
      const condition = {
        type: 'PodScheduled',
        status: 'False',
        reason: 'Unschedulable',
        message: placement.refusal,
      }
      cluster.report(pod, { phase: 'Pending', conditions: [condition] })
      return
    }
    if (isVm(pod)) this.#runVm(pod)
    else this.#runWorker(pod)
  }

  #runVm(pod: Pod): void {
    const [name = ''] = (pod.spec.volumes ?? []).flatMap((one) => one.persistentVolumeClaim?.claimName ?? [])
    const claim = this.cluster.claims.get(pod.metadata.namespace, name)
    const record = claim === undefined ? undefined : recordOf(claim)
    const hasImage = claim !== undefined && (record === undefined || record.readyAt !== undefined)
    this.#report(pod, 'Running', { running: { startedAt: startedAt(pod, this.cluster.now) } }, hasImage)
  }

  #runWorker(pod: Pod): void {
    const running = { running: { startedAt: startedAt(pod, this.cluster.now) } }
    if (jobOf(pod) === 'serve' || pod.status?.phase === undefined) {
      this.#report(pod, 'Running', running, false)
      return
    }
    const isFailing = this.failures > 0
    if (isFailing) this.failures--
    const words = isFailing ? { reason: 'SourceLost', message: 'The source broke off.' } : completeWords
    const message = JSON.stringify({ ...words, ...(isFailing ? {} : { sha256: content.sha256 }) })
    const terminated = { exitCode: isFailing ? 1 : 0, message }
    this.#report(pod, isFailing ? 'Failed' : 'Succeeded', { terminated }, false)
  }

  #report(pod: Pod, phase: string, state: object, isUp: boolean): void {
    const [container] = pod.spec.containers
    const one = {
      name: container?.name,
      image: '',
      imageID: '',
      restartCount: 0,
      ready: isUp,
      started: isUp,
      state,
    }
    const ip = '10.0.0.1'
    const status = { phase, podIP: ip, podIPs: [{ ip }], containerStatuses: [one], conditions: [] }
    if (JSON.stringify(pod.status) !== JSON.stringify(status)) this.cluster.report(pod, status)
  }
}

const startedAt = (pod: Pod, now: number): string =>
  pod.status?.containerStatuses?.[0]?.state?.running?.startedAt ?? new Date(now).toISOString()

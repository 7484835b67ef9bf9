import { labels, labelValues } from '../../api/labels.ts'
import type { FakeKubelet, Placement } from '../../instance/testing/kubelet.ts'
import type { KubeClient } from '../../kube/client.ts'
import { isAlreadyExists } from '../../kube/errors.ts'
import { objectKey, type PersistentVolumeClaim, type Pod } from '../../kube/object.ts'
import { persistentVolumeClaims, persistentVolumes } from '../../kube/resource.ts'
import { recordOf } from '../record.ts'

const hostname = 'kubernetes.io/hostname'

/** The nodes there are. Pods take the first that will have them. */
export const nodeNames = ['node-a', 'node-b', 'node-c'] as const

/**
 * Plays a scheduler and a StorageClass of local disks: a claim gets its volume on the node of the first pod that mounts it, and
 * ties every other pod there. Nodes can be full for the VMs of a namespace.
 */
export class FakeLocalStorage {
  readonly #client: KubeClient
  readonly #kubelet: FakeKubelet
  readonly #full = new Set<string>()

  constructor({ client, kubelet }: Readonly<{ client: KubeClient; kubelet: FakeKubelet }>) {
    this.#client = client
    this.#kubelet = kubelet
    kubelet.place = (pod) => this.#place(pod)
    kubelet.awaitsImage = (pod) => this.#awaitsImage(pod)
  }

  /** No further VM of the namespace finds room on these nodes; on the others it does. */
  fill(namespace: string, ...nodes: readonly string[]): void {
    for (const node of nodeNames) {
      if (nodes.includes(node)) this.#full.add(objectKey(namespace, node))
      else this.#full.delete(objectKey(namespace, node))
    }
  }

  /** The node of a claim's volume. */
  async nodeOf(claim: PersistentVolumeClaim): Promise<string | undefined> {
    const name = claim.spec?.volumeName
    if (name === undefined) return undefined
    const volume = await this.#client.find(persistentVolumes, { name })
    const [term] = volume?.spec?.nodeAffinity?.required?.nodeSelectorTerms ?? []
    return term?.matchExpressions?.[0]?.values?.[0]
  }

  async #place(pod: Pod): Promise<Placement> {
    const claims = await this.#claimsOf(pod)
    if (claims.some((claim) => claim === undefined || claim.metadata.deletionTimestamp !== undefined))
      return { refusal: `0/${nodeNames.length} nodes are available: persistentvolumeclaim is being deleted.` }
    const tied = await Promise.all(
      claims.map((claim) => (claim === undefined ? undefined : this.nodeOf(claim))),
    )
    const why: string[] = []
    for (const node of nodeNames) {
      if (!isSelected(pod, node)) why.push("1 node(s) didn't match Pod's node affinity/selector")
      else if (tied.some((one) => one !== undefined && one !== node))
        why.push('1 node(s) had volume node affinity conflict')
      else if (isVm(pod) && this.#full.has(objectKey(pod.metadata.namespace, node)))
        why.push('1 Insufficient memory')
      else {
        for (const claim of claims)
          if (claim?.spec?.volumeName === undefined) await this.#provide(claim, node)
        return { node }
      }
    }
    return { refusal: `0/${nodeNames.length} nodes are available: ${why.join(', ')}.` }
  }

  /** A copy has its image when a worker has put it there. */
  async #awaitsImage(pod: Pod): Promise<boolean> {
    if (!isVm(pod)) return false
    const records = (await this.#claimsOf(pod)).map((claim) =>
      claim === undefined ? undefined : recordOf(claim),
    )
    return records.some((record) => record !== undefined && record.readyAt === undefined)
  }

  /** As the pod's own claims are now, whatever a cache says. */
  #claimsOf({ metadata, spec }: Pod): Promise<(PersistentVolumeClaim | undefined)[]> {
    const names = (spec.volumes ?? []).flatMap((one) => one.persistentVolumeClaim?.claimName ?? [])
    return Promise.all(
      names.map((name) => this.#client.find(persistentVolumeClaims, { namespace: metadata.namespace, name })),
    )
  }

  async #provide(claim: PersistentVolumeClaim | undefined, node: string): Promise<void> {
    if (claim === undefined) return
    const { name: claimName, namespace = '', uid } = claim.metadata
    const name = `pv-${uid}`
    const term = { matchExpressions: [{ key: hostname, operator: 'In', values: [node] }] }
    const spec = {
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '1Gi' },
      local: { path: `/disks/${name}` },
      nodeAffinity: { required: { nodeSelectorTerms: [term] } },
      claimRef: { kind: 'PersistentVolumeClaim', apiVersion: 'v1', name: claimName, namespace, uid },
    }
    try {
      await this.#client.create(persistentVolumes, { metadata: { name }, spec } as never)
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
    }
    const target = { namespace, name: claimName }
    await this.#client.mergePatch(persistentVolumeClaims, target, { spec: { volumeName: name } })
    await this.#client.mergePatch(
      persistentVolumeClaims,
      target,
      { status: { phase: 'Bound' } },
      { subresource: 'status' },
    )
  }

  /** VMs on a node, as the kubelet sees them. */
  vmsOn(namespace: string, node: string): string[] {
    return this.#kubelet.store
      .list()
      .filter((pod) => isVm(pod) && pod.metadata.namespace === namespace && pod.spec.nodeName === node)
      .map(({ metadata }) => metadata.name)
  }
}

const isVm = ({ metadata }: Pod): boolean => metadata.labels?.[labels.name] === labelValues.name

/** As far as this product writes affinities. */
function isSelected({ spec }: Pod, node: string): boolean {
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  if (terms === undefined) return true
  return terms.some(({ matchExpressions = [], matchFields = [] }) =>
    [...matchExpressions, ...matchFields].every(({ operator, values = [] }) =>
      operator === 'In' ? values.includes(node) : !values.includes(node),
    ),
  )
}

import { labels, labelValues } from '../../api/labels.ts'
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../kube/object.ts'
import { objectKey } from '../../kube/object.ts'
import { ObjectStore } from '../../kube/store.ts'
import type { Content } from '../content.ts'
import { type CopyRecord, copiedObject, copyAnnotations, recordText, servedObject } from '../record.ts'
import { type ClaimView, viewClaim } from '../views.ts'

/** The image of the tests. */
export const content: Content = {
  kind: 'BaseImage',
  namespace: 'lab',
  name: 'debian',
  claim: 'debian-0123abcd',
  sha256: 'ab'.repeat(32),
  size: 65536,
}

/** A volume that is tied to this node, or to none. */
export function volume(name: string, node?: string): PersistentVolume {
  const term = { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node ?? ''] }] }
  const nodeAffinity = { required: { nodeSelectorTerms: [term] } }
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: node === undefined ? {} : { nodeAffinity },
  }
}

export const record = (more: Partial<CopyRecord> = {}): CopyRecord => ({
  of: { kind: content.kind, namespace: content.namespace, name: content.name, claim: content.claim },
  sha256: content.sha256,
  size: content.size,
  failures: 0,
  ...more,
})

/** A claim: the image's own, or a copy with this record. */
export function claim(
  name: string,
  more: { record?: CopyRecord; volume?: string; going?: true } = {},
): PersistentVolumeClaim {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name,
      namespace: content.namespace,
      uid: `uid-${name}`,
      ...(more.record === undefined
        ? {}
        : { annotations: { [copyAnnotations.record]: recordText(more.record) } }),
      ...(more.going === undefined ? {} : { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    },
    spec: more.volume === undefined ? {} : { volumeName: more.volume },
    status: { phase: more.volume === undefined ? 'Pending' : 'Bound' },
  }
}

/** A VM's pod that mounts a claim. */
export function vm(name: string, claimName: string, node?: string): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: content.namespace,
      uid: `uid-${name}`,
      labels: { [labels.name]: labelValues.name },
    },
    spec: {
      containers: [],
      ...(node === undefined ? {} : { nodeName: node }),
      volumes: [{ name: 'base', persistentVolumeClaim: { claimName } }],
    },
  }
}

/** Stores with these in them, as the operator's caches have them. */
export function storesOf(
  objects: Readonly<{ claims?: PersistentVolumeClaim[]; volumes?: PersistentVolume[]; pods?: Pod[] }>,
) {
  const claims = new ObjectStore<PersistentVolumeClaim>({ indexes: { copyOf: copiedObject } })
  const volumes = new ObjectStore<PersistentVolume>()
  const mounts = ({ metadata, spec }: Pod) =>
    (spec.volumes ?? []).map((one) =>
      objectKey(metadata.namespace, one.persistentVolumeClaim?.claimName ?? ''),
    )
  const pods = new ObjectStore<Pod>({ indexes: { claim: mounts, copyFor: servedObject } })
  for (const one of objects.claims ?? []) claims.set(one)
  for (const one of objects.volumes ?? []) volumes.set(one)
  for (const one of objects.pods ?? []) pods.set(one)
  return { claims, volumes, pods }
}

/** A claim as decisions see it: `node` is where its volume is, `vms` how many have it. */
export function view(
  name: string,
  more: Readonly<{ record?: CopyRecord; node?: string; shared?: true; vms?: number; going?: true }> = {},
): ClaimView {
  const { node, shared, vms = 0 } = more
  const isBound = node !== undefined || shared === true
  const it = claim(name, {
    ...(more.record === undefined ? {} : { record: more.record }),
    ...(isBound ? { volume: `pv-${name}` } : {}),
    ...(more.going === undefined ? {} : { going: true }),
  })
  const volumes = isBound ? [volume(`pv-${name}`, node)] : []
  const pods = Array.from({ length: vms }, (_, at) => vm(`${name}-${at}`, name, node))
  return viewClaim(it, storesOf({ volumes, pods }))
}

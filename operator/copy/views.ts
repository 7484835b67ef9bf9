import { labels, labelValues } from '../api/labels.ts'
import { keyOf, type PersistentVolume, type PersistentVolumeClaim, type Pod } from '../kube/object.ts'
import type { Store } from '../kube/store.ts'
import type { Content } from './content.ts'
import { type Place, placeOf } from './place.ts'
import { type CopyRecord, ownerKey, recordOf } from './record.ts'

/** What is looked up about claims. `claims` is indexed by `copyOf`, `pods` by `claim` and `copyFor`. */
export type ClaimSources = Readonly<{
  claims: Store<PersistentVolumeClaim>
  volumes: Store<PersistentVolume>
  pods: Store<Pod>
}>

/** A claim with an image in it, or with one that is on its way into it. */
export type ClaimView = Readonly<{
  claim: PersistentVolumeClaim
  name: string
  namespace: string
  /** Undefined for the claim that the image was made in. */
  record: CopyRecord | undefined
  /** The image is in it. */
  isReady: boolean
  /** It is being deleted, or lost its volume. */
  isGoing: boolean
  /** It has a volume. */
  isBound: boolean
  /** Where that can be mounted, if not everywhere. */
  place: Place | undefined
  /** The pods of VMs that mount it. */
  vms: readonly Pod[]
}>

const isVm = ({ metadata }: Pod): boolean => metadata.labels?.[labels.name] === labelValues.name

export function viewClaim(claim: PersistentVolumeClaim, { volumes, pods }: ClaimSources): ClaimView {
  const record = recordOf(claim)
  const { volumeName } = claim.spec ?? {}
  return {
    claim,
    name: claim.metadata.name,
    namespace: claim.metadata.namespace ?? '',
    record,
    isReady: record === undefined || record.readyAt !== undefined,
    isGoing: claim.metadata.deletionTimestamp !== undefined || claim.status?.phase === 'Lost',
    isBound: volumeName !== undefined && volumeName !== '',
    place: volumeName === undefined ? undefined : placeOf(volumes.get(undefined, volumeName)),
    vms: pods.byIndex('claim', keyOf(claim)).filter(isVm),
  }
}

/** The claims of a namespace that hold this very content, or are about to: the image's own first, then its copies in order. */
export function claimsOf(content: Content, namespace: string, sources: ClaimSources): ClaimView[] {
  const own = namespace === content.namespace ? sources.claims.get(namespace, content.claim) : undefined
  const copies = sources.claims
    .byIndex('copyOf', ownerKey(content))
    .filter((one) => one.metadata.namespace === namespace && isCopyOf(recordOf(one), content))
    .sort((a, b) => numberOf(a.metadata.name) - numberOf(b.metadata.name))
  return [...(own === undefined ? [] : [own]), ...copies].map((claim) => viewClaim(claim, sources))
}

/** Whether a copy is of what the image holds now, and not of what it held before. */
export const isCopyOf = (record: CopyRecord | undefined, content: Content): boolean =>
  record !== undefined &&
  ownerKey(record.of) === ownerKey(content) &&
  record.of.claim === content.claim &&
  record.sha256 === content.sha256

/** Copies of a claim are numbered from 1. */
export const copyName = (claim: string, number: number): string => `${claim}-c${number}`

/** Whether a claim of this name is that of the content, or a copy of it. */
export const isNamedFor = (name: string, content: string): boolean =>
  name === content || name === copyName(content, numberOf(name))

export const numberOf = (name: string): number => Number(/-c([0-9]+)$/.exec(name)?.[1] ?? 0)

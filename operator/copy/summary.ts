import { type Content, type Copied, contentOf } from './content.ts'
import { ownerKey } from './record.ts'
import { type ClaimSources, type ClaimView, isCopyOf, viewClaim } from './views.ts'

/** The phases of a copy: one word for people. Each with what it says. */
export const copyPhases = {
  Waiting: 'It waits for a node that takes the VM which needs it.',
  Copying: 'It is being made, on the node of the VM that waits for it.',
  Ready: 'It was found equal to the image, and VMs boot from it.',
} as const

/** A claim with an image in it, as a status shows it. */
export type CopyEntry = Readonly<{
  namespace: string
  claim: string
  node?: string
  phase: keyof typeof copyPhases
  message?: string
}>

/** Where an image is, when it is not everywhere. */
export type CopySummary = Readonly<{
  /** Most are listed first by their namespace, then by their name. */
  copies: readonly CopyEntry[]
  /** Where the image's own VMs can run, for people; undefined where they can run everywhere. */
  places: readonly string[] | undefined
}>

/** Copies that a status lists at most. */
const mostListed = 64

/** What there is to be said of the copies of an image. */
export function summaryOf(image: Copied, sources: ClaimSources): CopySummary {
  const content = contentOf(image)
  if (content === undefined) return { copies: [], places: undefined }
  const copies = copiesOf(content, sources)
  const own = sources.claims.get(content.namespace, content.claim)
  const ownPlace = own === undefined ? undefined : viewClaim(own, sources).place
  const near = copies.filter(({ namespace, isReady }) => namespace === content.namespace && isReady)
  const places = [ownPlace, ...near.map(({ place }) => place)].flatMap((place) => place?.text ?? [])
  return {
    copies: copies.slice(0, mostListed).map(entryOf),
    places: ownPlace === undefined ? undefined : [...new Set(places)].sort(),
  }
}

function copiesOf(content: Content, sources: ClaimSources): ClaimView[] {
  return sources.claims
    .byIndex('copyOf', ownerKey(content))
    .map((claim) => viewClaim(claim, sources))
    .filter(({ record, isGoing }) => isCopyOf(record, content) && !isGoing)
    .sort((a, b) => (`${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1))
}

function entryOf({ namespace, name, place, isReady, isBound, record }: ClaimView): CopyEntry {
  const failure = isReady ? undefined : record?.lastFailure
  return {
    namespace,
    claim: name,
    ...(place === undefined ? {} : { node: place.text }),
    phase: isReady ? 'Ready' : isBound ? 'Copying' : 'Waiting',
    ...(failure === undefined ? {} : { message: `${failure.reason}: ${failure.message}` }),
  }
}

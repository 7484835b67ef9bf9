import type { Booted, InstanceStatus } from '../api/instance-status.ts'
import { bytesOf } from '../api/quantity.ts'
import { persistentVolumeClaims } from '../kube/resource.ts'
import { changedKeyPairs } from './key-pairs.ts'
import type { Observed } from './observed.ts'
import type { PodView } from './pod-view.ts'
import { type Size, sizeOf } from './size.ts'
import { specHash } from './spec-hash.ts'

type Known = Pick<Observed, 'instance' | 'flavor' | 'source' | 'keyPairs'>
type Pinned = NonNullable<InstanceStatus['resources']>

/** What is other now than it was when the VM was built, and what to do about it. Undefined: nothing. */
export function changeOf(observed: Known, pod: PodView): string | undefined {
  const { instance } = observed
  const remedy = 'raise spec.rebuildGeneration when the VM may be thrown away.'
  if (pod.specHash !== specHash(instance.spec))
    return `The spec was changed in a way that takes effect at the next rebuild: ${remedy}`
  const changes = [
    otherSize(observed, pod),
    otherImage(observed, pod),
    otherFirmware(observed, pod),
    otherKeys(observed, pod),
  ].filter((one) => one !== undefined)
  return changes.length === 0 ? unmetered(instance, pod) : `${changes.join(' ')} To have that: ${remedy}`
}

/** A flavor that is gone changes nothing yet: the VM runs on, and says so when it is to be made anew. */
function otherSize({ instance, flavor }: Known, { size: pinned }: PodView): string | undefined {
  const size = sizeOf(instance.spec, flavor)
  if (pinned === undefined || size === undefined || isSame(pinned, size)) return undefined
  return `Flavor ${size.flavor} was changed since the VM was built, whose size is that of before; the next rebuild takes up the new one.`
}

/** However the quantities are written. */
function isSame(pinned: Pinned, size: Size): boolean {
  const before = {
    cpus: pinned.cpus,
    bytes: [pinned.memory, pinned.disk, pinned.swap].map(inBytes),
    scratch: pinned.scratch?.map((one) => [one.name, inBytes(one.size)]) ?? [],
  }
  const after = {
    cpus: size.cpus,
    bytes: [size.memory, size.disk, size.swap?.size].map(inBytes),
    scratch: size.scratch?.map((one) => [one.name, inBytes(one.size)]) ?? [],
  }
  return JSON.stringify(before) === JSON.stringify(after)
}

const inBytes = (quantity: string | undefined): number => (quantity === undefined ? 0 : bytesOf(quantity))

/** By its digest. An image of another namespace is not looked at while a VM of it runs, and a claim has none. */
function otherImage({ source }: Known, { boot: pinned }: PodView): string | undefined {
  if (source.kind !== 'ready' || pinned?.sha256 === undefined) return undefined
  const { kind, name, sha256 } = source.boot
  if (kind === persistentVolumeClaims.kind || !isOfSame(source.boot, pinned) || sha256 === pinned.sha256)
    return undefined
  return `${kind} ${name} has a new content since the VM was built, which runs on with the former one; the next rebuild boots the new one.`
}

/** What an image boots by is not in its content. */
function otherFirmware({ source }: Known, { boot: pinned }: PodView): string | undefined {
  if (source.kind !== 'ready' || pinned === undefined) return undefined
  const { kind, name, firmware = 'BIOS' } = source.boot
  const { firmware: before = 'BIOS' } = pinned
  if (!isOfSame(source.boot, pinned) || firmware === before) return undefined
  return `${kind} ${name} boots by ${firmware} since the VM was built, which has ${before}; the next rebuild boots by ${firmware}.`
}

const isOfSame = (one: Booted, other: Booted): boolean =>
  one.kind === other.kind && one.name === other.name && one.namespace === other.namespace

function otherKeys({ keyPairs }: Known, pod: PodView): string | undefined {
  const changed = changedKeyPairs(pod.keyPairs ?? [], keyPairs)
  if (changed.length === 0) return undefined
  return `The VM has the former key of ${changed.join(', ')}; the guest gets the new one at the next rebuild.`
}

function unmetered({ spec }: Observed['instance'], pod: PodView): string | undefined {
  if (spec.expiry?.idleSeconds === undefined || pod.metersUse) return undefined
  return 'The VM was started by an older version of the operator, and cannot tell whether anybody uses it: expiry.idleSeconds takes effect at its next rebuild (spec.rebuildGeneration), which throws the VM away.'
}

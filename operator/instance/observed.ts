import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import type { Flavor } from '../api/flavor.ts'
import type { GuestInfo } from '../api/guest-info.ts'
import type { Snapshot } from '../api/snapshot.ts'
import type { Config } from '../config.ts'
import type { RunnerState } from '../control/state.ts'
import type { Content } from '../copy/content.ts'
import type { ClaimView } from '../copy/views.ts'
import type { Node, PersistentVolumeClaim, Pod, Service } from '../kube/object.ts'
import type { Fault } from '../runtime/findings.ts'
import type { VolumeView } from '../volume/view.ts'
import type { BootSource } from './boot-source.ts'
import type { KeyPairsFound } from './key-pairs.ts'
import type { MadePod } from './made-pods.ts'
import type { RescueView } from './rescuing.ts'

/** Everything that a decision rests on, read before it is made. */
export type Observed = Readonly<{
  instance: EphemeralInstance
  /** The flavor that the spec names; undefined when it names none, or one that does not exist. */
  flavor: Flavor | undefined
  /** The KeyPairs that the spec names. */
  keyPairs: KeyPairsFound
  /** What a VM would be made from now. */
  source: BootSource
  /** The image that the spec names, if it is complete. */
  content: Content | undefined
  /** The claim that it was made in, in its own namespace. */
  home: PersistentVolumeClaim | undefined
  /** The claims of the VM's namespace that have it, or are about to. */
  claims: readonly ClaimView[]
  /** The claim that the pod mounts, where that is one of an image. */
  under: ClaimView | undefined
  /** The volumes that the spec asks for. */
  volumes: readonly VolumeView[]
  /** The object that has the pod's name, whoever it belongs to. */
  pod: Pod | undefined
  /** The pod that this process made last for the instance; undefined when it made none. */
  made: MadePod | undefined
  /** What the runner says of itself; undefined when it was not asked or did not answer. */
  runner: RunnerState | undefined
  /** The Snapshot that keeps the VM before it goes, once it was asked for. */
  kept?: Snapshot | undefined
  /** Undefined: it is not rescued, and is not to be. */
  rescue?: RescueView | undefined
  /** Snapshots that were taken for drains, and are of no use any more. */
  leftovers?: readonly Snapshot[]
  /** The Service that `expose` asks for, as it is. */
  exposing: Service | undefined
  /** Whether a node offers KVM, where that is of interest. Default: no. */
  isKvmOffered?: boolean
  /** The node of the pod. */
  node: Node | undefined
  /** What is not as the spec asks for, beside the VM itself, as other controllers found. */
  faults: readonly Fault[]
  /** What the guest says of itself; undefined when it was not asked, or has nothing to say. */
  guest?: GuestInfo | undefined
  config: Pick<Config, 'kvmResource'>
  now: Date
}>

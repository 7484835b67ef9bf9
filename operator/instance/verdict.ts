import type { InstanceStatus } from '../api/instance-status.ts'
import type { Phase } from '../api/phase.ts'
import type { Reason } from '../api/reasons.ts'
import type { Snapshot } from '../api/snapshot.ts'
import type { Order } from '../control/order.ts'
import type { Intent } from '../kube/object.ts'
import type { Restoration } from './ownership.ts'
import type { Placing } from './placing.ts'
import type { RescueStep } from './rescuing.ts'
import type { Size } from './size.ts'

/** What a condition says, but for the times. */
export type Finding = Readonly<{
  status: 'True' | 'False' | 'Unknown'
  reason: Reason
  message: string
}>

/** The one thing that a reconcile does to the world. */
export type Action =
  | Readonly<{ kind: 'create'; size: Size; placing: Placing; restartsBefore: number }>
  /** With less time to power down than the pod would have by itself, where there is nothing to wait for. */
  | Readonly<{ kind: 'delete'; podUID: string; graceSeconds?: number }>
  | Readonly<{ kind: 'attach'; podUID: string }>
  /** Deletes a pod that nobody is there to end. */
  | Readonly<{ kind: 'abandon'; podUID: string }>
  | Readonly<{ kind: 'pause' | 'resume'; podUID: string }>
  /** Pause it as its disk is to be kept: what its guest has in memory is written first. */
  | Readonly<{ kind: 'hold'; podUID: string }>
  /** Ask for a Snapshot of the VM before it goes. */
  | Readonly<{ kind: 'keep'; snapshot: Intent<Snapshot> }>
  /** Delete a Snapshot that a drain left. */
  | Readonly<{ kind: 'discard'; snapshot: Snapshot }>
  /** Delete the instance, as it was looked at. */
  | Readonly<{ kind: 'expire' }>
  | Readonly<{ kind: 'rescue'; step: RescueStep }>
  | Readonly<{ kind: 'order'; podUID: string; order: Order }>

/** What is to be said of an instance, and done about it. */
export type Verdict = Readonly<{
  phase: Phase
  active: Finding
  guestReady: Finding
  /** Absent: there is nothing to schedule. */
  scheduled?: Finding
  /** Where the disk is kept from now on. */
  shelved?: NonNullable<InstanceStatus['shelved']>
  /** Nobody used the VM for too long: from now on it has expired for that. */
  idle?: NonNullable<InstanceStatus['idle']>
  /** Which VM is rescued from now on, or that nothing is left of its rescue. Absent: as before. */
  rescue?: NonNullable<InstanceStatus['rescue']> | 'over'
  /** How far its rescue is. */
  rescued?: Finding
  /** It is leaving its node. */
  drain?: NonNullable<InstanceStatus['drain']>
  /** A drain of its node waits for it. */
  drainBlocked?: Readonly<{ reason: Reason; message: string }>
  /** It expires soon, or did. */
  expiring?: Finding
  /** Somebody has to act. */
  stalled?: Readonly<{ reason: Reason; message: string }>
  /** At rest, as asked: neither ready nor on the way to it. */
  atRest?: true | undefined
  action?: Action
  /** Done before the action, and not worth failing for. */
  restoration?: Restoration
  /** Expected to be over in a moment: not worth writing down. */
  passing?: true
  /** Look again after this time, for what no watch reports. */
  requeueAfterSeconds?: number
}>

export const yes = (reason: Reason, message: string): Finding => ({ status: 'True', reason, message })
export const no = (reason: Reason, message: string): Finding => ({ status: 'False', reason, message })

/** The VM neither runs nor answers, both for the same reason. */
export function down(phase: Phase, reason: Reason, message: string): Verdict {
  return { phase, active: no(reason, message), guestReady: no(reason, message) }
}

/** The VM is down, and somebody has to act before it comes up. */
export function stalled(reason: Reason, message: string): Verdict {
  return { ...down('Stalled', reason, message), stalled: { reason, message } }
}

/** The same, looked at again within this time. */
export function lookedAtWithin(verdict: Verdict, seconds: number): Verdict {
  return { ...verdict, requeueAfterSeconds: Math.min(seconds, verdict.requeueAfterSeconds ?? seconds) }
}

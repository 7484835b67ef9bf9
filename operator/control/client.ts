import type { GuestInfo } from '../api/guest-info.ts'
import { type ControlTarget, connectControl } from './connect.ts'
import { askGuestAgent } from './guest-agent.ts'
import { readLine } from './line.ts'
import { assertTaken, type Order, orderLine, type RescueOrder } from './order.ts'
import { type Qmp, QmpSession } from './qmp.ts'
import { parseRunnerState, type RunnerState } from './state.ts'
import { parseSwitched, type Quiesce, type Switched } from './switched.ts'

/** What controllers ask of a running VM, over its control port. Each call opens one connection and closes it. */
export type VmControl = Readonly<{
  /** What the runner says of itself. */
  state(target: ControlTarget): Promise<RunnerState>
  /** Stops or lets run the guest's CPUs; what it was before does not matter. */
  setPaused(target: ControlTarget, paused: boolean): Promise<void>
  /** Stops the guest's CPUs with its filesystems frozen, where its agent does that in time. When they are let run, the pod has them thawed. */
  hold(target: ControlTarget): Promise<void>
  /** What the guest says of itself; undefined where it has no agent. */
  guest(target: ControlTarget): Promise<GuestInfo | undefined>
  /** Has the pod reboot or reset the guest. Given again with the same number, it does nothing more to the same machine. */
  order(target: ControlTarget, order: Order | RescueOrder): Promise<void>
}>

/** What snapshots ask of a running VM. */
export type DiskControl = Readonly<{
  /** Lets `use` talk to QEMU, on one connection. */
  qmp<T>(target: ControlTarget, use: (qmp: Qmp) => Promise<T>): Promise<T>
  /**
   * Puts a block node between the guest and its disk, with the guest frozen around it as `quiesce` asks; the pod does all of
   * it by itself. Asked again for the same node, it gives what it gave before.
   */
  switchDrive(target: ControlTarget, node: string, quiesce: Quiesce): Promise<Switched>
}>

/** The same, but that nothing is changed in a VM where `before` throws. */
export function guarded(control: VmControl & DiskControl, before: () => void): VmControl & DiskControl {
  return {
    state: (target) => control.state(target),
    guest: (target) => control.guest(target),
    setPaused: async (target, paused) => {
      before()
      return control.setPaused(target, paused)
    },
    hold: async (target) => {
      before()
      return control.hold(target)
    },
    order: async (target, order) => {
      before()
      return control.order(target, order)
    },
    qmp: async (target, use) => {
      before()
      return control.qmp(target, use)
    },
    switchDrive: async (target, node, quiesce) => {
      before()
      return control.switchDrive(target, node, quiesce)
    },
  }
}

/** A VM control that gives up after `timeoutMilliseconds` (connection and replies together). Throws ControlError, QmpError. */
export function vmControl(timeoutMilliseconds = 5_000): VmControl & DiskControl {
  return {
    async state(target) {
      return parseRunnerState(await readLine(target, 'state', AbortSignal.timeout(timeoutMilliseconds)))
    },

    async setPaused(target, paused) {
      await orderHold(target, paused, timeoutMilliseconds)
      // After a hold that is still under way, whoever asked for it: it would stop the guest when nobody wants that any more.
      if (!paused) await readLine(target, 'hold', AbortSignal.timeout(holdMilliseconds), '0\n')
      await onQmp(target, timeoutMilliseconds, (qmp) => qmp.execute(paused ? 'stop' : 'cont', {}))
    },

    async hold(target) {
      await orderHold(target, true, timeoutMilliseconds)
      await readLine(target, 'hold', AbortSignal.timeout(holdMilliseconds), '1\n')
      // A pod of an older version, which has no such service, stops it without a freeze.
      await onQmp(target, timeoutMilliseconds, (qmp) => qmp.execute('stop', {}))
    },

    async guest(target) {
      const state = await readLine(target, 'state', AbortSignal.timeout(timeoutMilliseconds))
      if (parseRunnerState(state).agent !== true) return undefined
      return askGuestAgent(target, timeoutMilliseconds, Date.now())
    },

    async order(target, order) {
      const signal = AbortSignal.timeout(timeoutMilliseconds)
      assertTaken(await readLine(target, 'order', signal, orderLine(order)))
    },

    qmp: (target, use) => onQmp(target, blockMilliseconds, use),

    async switchDrive(target, node, quiesce) {
      const line = `${node} ${quiesce.toLowerCase()}\n`
      return parseSwitched(await readLine(target, 'switch', AbortSignal.timeout(switchMilliseconds), line))
    },
  }
}

/** The pod lets a guest that had no room on its disk go on by itself; not one that is to be paused. Pods of older versions do neither. */
async function orderHold(target: ControlTarget, held: boolean, milliseconds: number): Promise<void> {
  await readLine(target, 'order', AbortSignal.timeout(milliseconds), `hold ${held ? 1 : 0}\n`)
}

/** For a series of commands to the block layer, on a node whose disk is slow. */
const blockMilliseconds = 20_000

async function onQmp<T>(
  target: ControlTarget,
  milliseconds: number,
  use: (qmp: Qmp) => Promise<T>,
): Promise<T> {
  const signal = AbortSignal.timeout(milliseconds)
  const session = new QmpSession(await connectControl(target, 'qmp', signal))
  try {
    await session.negotiate(signal)
    return await use({ execute: (command, parameters) => session.execute(command, parameters, signal) })
  } finally {
    session.close()
  }
}

/** What takes longer, with an agent and a disk that hang, the pod brings to its end by itself: asked again, it says so at once. */
const holdMilliseconds = 40_000

/** Longest that a switch takes: an agent that does not answer, a freeze and a thaw that hang, and a disk that does too. */
const switchMilliseconds = 75_000

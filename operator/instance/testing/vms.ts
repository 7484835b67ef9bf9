import type { GuestInfo } from '../../api/guest-info.ts'
import type { DiskControl, VmControl } from '../../control/client.ts'
import { ControlError } from '../../control/connect.ts'
import type { RunnerState } from '../../control/state.ts'
import { FakeQemu } from '../../snapshot/testing/fake-qemu.ts'

type Vm = {
  readonly owner: string
  running: boolean
  paused: boolean
  readonly qemu: FakeQemu
  /** The last orders that were taken. */
  taken: { reboot: number; reset: number }
  /** How often the guest began anew. */
  resets: number
  /** That it writes to. */
  readonly claims: readonly string[]
}

/** The VMs that a fake kubelet runs, as their control ports show them. */
export class FakeVms {
  readonly #byAddress = new Map<string, Vm>()
  readonly #troubles = new Map<string, RunnerState>()
  /** What the guests of these pods (`namespace/name`) say of themselves. Default: they have no agent. */
  readonly guests = new Map<string, GuestInfo>()
  /** For how many seconds nobody has used the guests of these pods (`namespace/name`). Default: they are in use. */
  readonly idle = new Map<string, number>()
  /** What runs the guests of these pods (`namespace/name`). Default: TCG. */
  readonly accelerators = new Map<string, Pick<RunnerState, 'accelerator' | 'acceleratorReason'>>()
  /** The control ports of these pods (`namespace/name`) answer nobody. */
  readonly unreachable = new Set<string>()
  /** Instances (by UID) that had two VMs running at the same time, and claims that two VMs wrote to: must stay empty. */
  readonly doubles: string[] = []
  /** Moments of Snapshots, by their nodes, after which the guest ran: what it wrote then is not in them. */
  readonly wentOn = new Set<string>()

  /** QEMU starts in the pod with this address. */
  boot(address: string, owner: string, claims: readonly string[] = []): void {
    const others = [...this.#byAddress.values()].filter((vm) => vm.owner === owner && vm.running)
    if (others.length > 0 && this.#byAddress.get(address)?.running !== true) this.doubles.push(owner)
    const written = [...this.#byAddress].flatMap(([at, vm]) =>
      at !== address && vm.running ? vm.claims : [],
    )
    this.doubles.push(...claims.filter((claim) => written.includes(claim)))
    this.#byAddress.set(address, {
      owner,
      claims,
      running: true,
      paused: false,
      qemu: new FakeQemu(this.wentOn),
      taken: { reboot: 0, reset: 0 },
      resets: 0,
    })
  }

  end(address: string): void {
    this.#byAddress.delete(address)
  }

  isPaused(address: string): boolean {
    return this.#byAddress.get(address)?.paused === true
  }

  /** How often the guest in this pod was rebooted or reset. */
  resets(address: string): number {
    return this.#byAddress.get(address)?.resets ?? 0
  }

  /** What QEMU in the pod with this address has; undefined where none runs. */
  qemu(address: string): FakeQemu | undefined {
    return this.#byAddress.get(address)?.qemu
  }

  isRunning(address: string): boolean {
    return this.#byAddress.get(address)?.running === true
  }

  /** From now on the runners of this pod (`namespace/name`) wait, and say why; undefined: they go on. */
  trouble(pod: string, state: RunnerState | undefined): void {
    if (state === undefined) this.#troubles.delete(pod)
    else this.#troubles.set(pod, state)
  }

  hasTrouble(pod: string): boolean {
    return this.#troubles.has(pod)
  }

  /** The control port of every VM, for one operator. After `cut` it reaches nothing more, as after a crash. */
  controlOf(podAt: (address: string) => string | undefined): VmControl & DiskControl & { cut: () => void } {
    let isCut = false
    const reach = (address: string): Vm => {
      const vm = this.#byAddress.get(address)
      if (isCut || vm === undefined || this.unreachable.has(podAt(address) ?? ''))
        throw new ControlError(`nothing answers at ${address}`)
      return vm
    }
    return {
      cut: () => {
        isCut = true
      },
      state: async ({ host }) => {
        const trouble = this.#troubles.get(podAt(host) ?? '')
        if (!isCut && trouble !== undefined) return trouble
        const { reboot: rebooted, reset } = reach(host).taken
        return {
          phase: 'Running',
          reason: '',
          message: '',
          ...(this.accelerators.get(podAt(host) ?? '') ?? { accelerator: 'TCG' }),
          guest: 'Ready',
          idleSeconds: this.idle.get(podAt(host) ?? '') ?? 0,
          rebooted,
          reset,
        }
      },
      setPaused: async ({ host }, paused) => {
        const vm = reach(host)
        vm.paused = paused
        vm.qemu.setPaused(paused)
      },
      hold: async ({ host }) => {
        const vm = reach(host)
        vm.paused = true
        vm.qemu.hold()
      },
      guest: async ({ host }) => {
        reach(host)
        return this.guests.get(podAt(host) ?? '')
      },
      order: async ({ host }, { what, generation }) => {
        const vm = reach(host)
        if (what === 'rescue') return
        if (generation <= vm.taken[what]) return
        vm.taken[what] = generation
        vm.resets += 1
      },
      qmp: async ({ host }, use) =>
        use({
          execute: async (command, parameters) => reach(host).qemu.execute(command, parameters),
        }),
      switchDrive: async ({ host }, node, quiesce) => reach(host).qemu.switchTo(node, quiesce, new Date()),
    }
  }
}

import { type Qmp, QmpError } from '../../control/qmp.ts'
import type { Switched } from '../../control/switched.ts'
import { isSnapshotPart } from '../disk/names.ts'

type Parameters = Readonly<Record<string, unknown>>
type BlockNode = { driver: string; below: readonly string[]; bytes: number }

/** As much of QEMU's block layer as snapshots use: nodes that are in use cannot be removed, names are taken once. */
export class FakeQemu implements Qmp {
  drive = 'disk0'
  readonly nodes = new Map<string, BlockNode>([['disk0', { driver: 'qcow2', below: [], bytes: 0 }]])
  readonly exports = new Map<string, string>()
  readonly jobs = new Map<string, string | undefined>()
  serves = false
  /** Size of the file that keeps what the guest overwrites. */
  fleeceBytes = 0
  /** Devices that were added, with the node of each. */
  readonly devices = new Map<string, string>()
  runState = 'running'
  /** The nodes that the guest was started from, after the first start. */
  readonly boots: string[] = []
  /** Nodes that were between guest and disk so far, each the moment of a snapshot. */
  readonly moments: string[] = []
  /** Those of them after which the guest ran, were it for an instant. */
  readonly wentOn: Set<string>
  /** Devices that go at the next reset. */
  readonly #leaving = new Set<string>()
  /** How often the node of a device that is gone is still found in use. */
  lateReleases = 0
  #released: string | undefined
  /** What the pod answered to a switch, by node. */
  readonly #switched = new Map<string, Switched>()
  /** Its filesystems were frozen when its CPUs were stopped. */
  isFrozen = false
  /** The guest has no agent. */
  agentIsSilent = false
  /** The fleece was full: the export's reads fail. */
  isBroken = false

  constructor(wentOn = new Set<string>()) {
    this.wentOn = wentOn
  }

  /** Nothing of any snapshot is left. */
  get isClean(): boolean {
    return (
      this.drive === 'disk0' &&
      this.nodes.size === 1 &&
      this.devices.size === 0 &&
      this.exports.size + this.jobs.size === 0 &&
      this.fleeceBytes === 0 &&
      !this.serves
    )
  }

  /** The guest's CPUs are stopped, or let go on. */
  setPaused(paused: boolean): void {
    if (paused && this.runState === 'running') this.runState = 'paused'
    if (paused) return
    if (this.runState === 'prelaunch') this.boots.push(this.drive)
    for (const moment of this.moments) this.wentOn.add(moment)
    this.isFrozen = false
    this.runState = 'running'
  }

  /** The same, but that its agent freezes it before. */
  hold(): void {
    if (this.runState === 'running') this.isFrozen = !this.agentIsSilent
    this.setPaused(true)
  }

  async execute(command: string, parameters: Record<string, unknown>): Promise<unknown> {
    const refuse = (why: string): never => {
      throw new QmpError(command, 'GenericError', why)
    }
    return this.#answer(command, parameters, refuse)
  }

  /** What the pod's own switch does. */
  switchTo(node: string, quiesce: string, now: Date): Switched {
    const before = this.#switched.get(node)
    if (before !== undefined) return before
    if (quiesce === 'Still' && this.runState === 'running')
      return { switched: false, reason: 'Running', message: 'it runs' }
    if (quiesce === 'Required' && this.agentIsSilent)
      return { switched: false, reason: 'AgentSilent', message: 'no answer' }
    if (!this.nodes.has(node)) return { switched: false, reason: 'Failed', message: 'QEMU refused' }
    this.drive = node
    this.moments.push(node)
    if (this.runState === 'running') this.wentOn.add(node)
    const isAsked = quiesce === 'Auto' || quiesce === 'Required'
    const quiesced = this.isFrozen || (isAsked && !this.agentIsSilent)
    const switched: Switched = {
      switched: true,
      reason: '',
      takenAt: now.toISOString(),
      quiesced,
      thawed: true,
      pauseMs: quiesced ? 40 : 1,
      switchMs: 1,
    }
    this.#switched.set(node, switched)
    return switched
  }

  #answer(command: string, parameters: Parameters, refuse: (why: string) => never): unknown {
    const text = (name: string) => String(parameters[name] ?? '')
    switch (command) {
      case 'qom-get':
        return this.drive
      case 'qom-set': {
        if (!this.nodes.has(text('value'))) refuse('no such node')
        if ([...this.devices.values()].includes(text('value'))) refuse('node is in use')
        if (text('value') === this.#released && this.lateReleases-- > 0)
          refuse(`Permission conflict on node '${text('value')}'`)
        this.drive = text('value')
        return {}
      }
      case 'query-named-block-nodes':
        return [...this.nodes].map(([name, { bytes }]) => ({
          'node-name': name,
          image: { 'actual-size': bytes },
        }))
      case 'query-block-exports':
        return [...this.exports.keys()].map((id) => ({ id, 'shutting-down': false }))
      case 'query-jobs':
        return [...this.jobs].map(([id, error]) => ({
          id,
          status: 'concluded',
          ...(error === undefined ? {} : { error }),
        }))
      case 'blockdev-create':
        this.jobs.set(text('job-id'), undefined)
        this.#resize(text('job-id'), (parameters.options as Parameters).size)
        return {}
      case 'job-dismiss':
        return this.jobs.delete(text('id')) ? {} : refuse('Job not found')
      case 'blockdev-add':
        return this.#addNode(parameters, refuse)
      case 'blockdev-del':
        return this.#removeNode(text('node-name'), refuse)
      case 'block_resize':
        if (!this.nodes.has(text('node-name'))) refuse('no such node')
        this.#resize(text('node-name'), parameters.size)
        return {}
      case 'nbd-server-start':
        if (this.serves) refuse('NBD server already running')
        this.serves = true
        return {}
      case 'nbd-server-stop':
        if (!this.serves) refuse('NBD server not running')
        this.serves = false
        this.exports.clear()
        return {}
      case 'block-export-add':
        if (!this.serves) refuse('NBD server not running')
        if (this.exports.has(text('id'))) refuse('Block export id is already in use')
        if (!this.nodes.has(text('node-name'))) refuse('no such node')
        this.exports.set(text('id'), text('node-name'))
        return {}
      case 'block-export-del':
        return this.exports.delete(text('id')) ? {} : refuse('Export is not found')
      case 'query-status':
        return { status: this.runState, running: this.runState === 'running' }
      case 'system_reset':
        if (this.runState !== 'running') this.runState = 'prelaunch'
        for (const device of this.#leaving) {
          this.#released = this.devices.get(device)
          this.devices.delete(device)
        }
        return {}
      case 'qom-list':
        return [...this.devices.keys(), 'vda'].map((name) => ({ name }))
      case 'device_add':
        if (this.devices.has(text('id'))) refuse('Duplicate device')
        if (this.drive === text('drive')) refuse('node is in use')
        this.devices.set(text('id'), text('drive'))
        return {}
      case 'device_del':
        if (!this.devices.has(text('id'))) refuse('Device not found')
        this.#leaving.add(text('id'))
        return {}
      case 'human-monitor-command':
        return this.isBroken ? 'read failed: Permission denied\r\n' : 'read 512/512 bytes at offset 0\r\n'
      default:
        return refuse('unknown command')
    }
  }

  /** A snapshot's only file is its fleece. */
  #resize(name: string, bytes: unknown): void {
    if (isSnapshotPart(name)) this.fleeceBytes = Number(bytes)
  }

  #addNode(parameters: Parameters, refuse: (why: string) => never): unknown {
    const name = String(parameters['node-name'])
    if (name.length > 31) refuse('Node name too long')
    if (this.nodes.has(name)) refuse('Duplicate nodes')
    const below = ['file', 'target'].flatMap((child) => {
      const node = parameters[child]
      return node === undefined ? [] : [String(node)]
    })
    for (const node of below) if (!this.nodes.has(node)) refuse(`Cannot find ${node}`)
    this.nodes.set(name, { driver: String(parameters.driver), below, bytes: 65536 })
    return {}
  }

  #removeNode(name: string, refuse: (why: string) => never): unknown {
    if (!this.nodes.has(name)) refuse('Failed to find node')
    const inUse =
      this.drive === name ||
      [...this.devices.values()].includes(name) ||
      [...this.exports.values()].includes(name) ||
      [...this.nodes.values()].some(({ below }) => below.includes(name))
    if (inUse) refuse(`Node ${name} is in use`)
    this.nodes.delete(name)
    return {}
  }
}

import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import type { Logger } from '../runtime/logger.ts'
import type { Config } from './config.ts'
import { register, socketIdentity } from './kubelet.ts'
import { DeviceResource, healthy } from './resource.ts'
import { type Verdict, type VerdictFile, verdictOf } from './verdict.ts'
import type { Allotment } from './wire.ts'

const device = '/dev/kvm'
const gives = [{ container_path: device, host_path: device, permissions: 'rw' }]

/** In bytes. */
const longestVerdict = 1000

/** Where the probe finds the folder for its word. */
export const verdictMount = '/verdict'

export type PluginDependencies = Readonly<{
  config: Config
  log: Logger
  now: () => Date
  /** Of the running kernel. */
  bootId: string
  /** Whether the node's kernel has KVM at all. */
  isPresent: () => boolean
}>

/**
 * The device plugin of a node. It offers one device of `RESOURCE-probe`, which brings /dev/kvm (where there is one) and a folder into the
 * probe's pod; and `RESOURCE` itself only while the probe says, in that folder, that a guest ran.
 */
export class KvmPlugin {
  readonly #dependencies: PluginDependencies
  readonly #folder: string
  readonly #served: readonly Readonly<{ name: string; socket: string; resource: DeviceResource }>[]
  readonly #kvm: DeviceResource
  #registeredAt: string | undefined
  #trouble = ''
  #said: Verdict | undefined

  constructor(dependencies: PluginDependencies) {
    this.#dependencies = dependencies
    const { resource, directory } = dependencies.config
    const name = resource.replaceAll('/', '-')
    this.#folder = join(directory, name)
    this.#kvm = new DeviceResource(() => ({ devices: gives }))
    const probe = new DeviceResource(() => this.#forProbe())
    probe.offer(healthy('probe', 1))
    this.#served = [
      { name: resource, socket: join(directory, `${name}.sock`), resource: this.#kvm },
      { name: `${resource}-probe`, socket: join(directory, `${name}-probe.sock`), resource: probe },
    ]
  }

  /** One look: is the kubelet the one that knows us, and what does the probe say? Rejects for nothing: what fails is tried at the next look. */
  async look(): Promise<void> {
    this.#judge()
    try {
      await this.#introduce()
      this.#trouble = ''
    } catch (error) {
      this.#registeredAt = undefined
      const message = error instanceof Error ? error.message : String(error)
      if (message !== this.#trouble) this.#dependencies.log.warn('Not registered with the kubelet', { error })
      this.#trouble = message
    }
  }

  close(): void {
    for (const { resource, socket } of this.#served) {
      resource.close()
      rmSync(socket, { force: true })
    }
  }

  #judge(): void {
    const { config, now, bootId, log } = this.#dependencies
    const { validSeconds, devices } = config
    const verdict = verdictOf(readVerdict(join(this.#folder, 'verdict')), {
      now: now(),
      bootId,
      validSeconds,
    })
    const offered = verdict.works ? devices : 0
    this.#kvm.offer(healthy('kvm', offered))
    if (this.#said?.works === verdict.works && this.#said.message === verdict.message) return
    this.#said = verdict
    const { message } = verdict
    log.info(verdict.works ? 'KVM is offered' : 'KVM is not offered', { devices: offered, why: message })
  }

  /** A kubelet that starts removes all sockets of plugins and forgets them. */
  async #introduce(): Promise<void> {
    const { config, log } = this.#dependencies
    const kubelet = join(config.directory, 'kubelet.sock')
    const identity = socketIdentity(kubelet)
    if (identity === undefined) throw new Error(`there is no ${kubelet}: the kubelet is not up`)
    const isServed = this.#served.every(({ socket }) => existsSync(socket))
    if (isServed && identity === this.#registeredAt) return
    this.#makeFolder()
    this.close()
    for (const { name, socket, resource } of this.#served) {
      await resource.listen(socket)
      await register(kubelet, name, basename(socket))
    }
    this.#registeredAt = identity
    log.info('Registered with the kubelet', { resources: this.#served.map(({ name }) => name) })
  }

  /** Whoever has the probe's device may write here, and is of another user. The folder around it lets nobody else of the node in. */
  #makeFolder(): void {
    mkdirSync(this.#folder, { recursive: true })
    chmodSync(this.#folder, 0o777)
  }

  #forProbe(): Allotment {
    const mounts = [{ container_path: verdictMount, host_path: this.#folder, read_only: false }]
    return this.#dependencies.isPresent() ? { mounts, devices: gives } : { mounts }
  }
}

/** The folder belongs to another user: what is there need not be a file, nor a short one. */
function readVerdict(path: string): VerdictFile | undefined {
  let file: number | undefined
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
    const found = fstatSync(file)
    if (!found.isFile()) return undefined
    const bytes = Buffer.alloc(longestVerdict)
    const length = readSync(file, bytes, 0, longestVerdict, 0)
    return { text: bytes.toString('utf8', 0, length), writtenAt: found.mtime }
  } catch {
    return undefined
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

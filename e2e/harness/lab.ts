import type { Test } from 'uvu'
import type { EphemeralInstance } from '../../operator/api/ephemeral-instance.ts'
import { apiVersion } from '../../operator/api/group.ts'
import type { InstanceStatus } from '../../operator/api/instance-status.ts'
import { ephemeralInstances } from '../../operator/api/types.ts'
import { isNotFound } from '../../operator/kube/errors.ts'
import type { Pod } from '../../operator/kube/object.ts'
import { pods } from '../../operator/kube/resource.ts'
import { client } from './client.ts'
import { diagnosis } from './diagnosis.ts'
import { diskOf, type Guest } from './guests.ts'
import { kubectl } from './kubectl.ts'
import { deleteNamespace, makeNamespace } from './namespace.ts'
import { runnerImage } from './operator.ts'
import type { Ran } from './run.ts'
import { makeSshKey, type SshKey, ssh } from './ssh.ts'
import { waitFor } from './wait-for.ts'
import { Workbench } from './workbench.ts'

export type LabOptions = Readonly<{
  /** What the claim `base` is filled with. Default `tiny`; `none`: there is no such claim. */
  guest?: Guest | 'none'
  /** Further claims, empty, with their sizes in MiB. */
  claims?: Readonly<Record<string, number>>
  /** How long a VM may take from its making to its answer. Default 180: under emulation, with others, on a busy machine. */
  bootSeconds?: number
}>

/** A spec without what every instance of a test has anyway. */
export type SpecPart = Readonly<Record<string, unknown>>

/** Sizes of the claims that guests are put into, in MiB: a little more than their files. */
const baseMebibytes: Record<Guest, number> = { tiny: 32, debian: 512 }

/**
 * A namespace for the tests of one file, with a base image to boot from and an SSH key for all its VMs. It is made before the
 * first test and deleted after the last, unless EPHEMERA_E2E_KEEP is set to something.
 */
export class Lab {
  readonly namespace: string
  readonly key: SshKey = makeSshKey()
  readonly workbench: Workbench
  readonly #suite: Test
  readonly #bootSeconds: number
  #broken: string | undefined
  static #inUse = 0

  constructor(suite: Test, name: string, options: LabOptions = {}) {
    this.namespace = `e2e-${name}`
    this.workbench = new Workbench(this.namespace)
    this.#suite = suite
    this.#bootSeconds = options.bootSeconds ?? 180
    Lab.#inUse++
    suite.before(() => this.#told(() => this.#open(options)))
    suite.after(async () => {
      if (!process.env.EPHEMERA_E2E_KEEP) await deleteNamespace(this.namespace)
      if (--Lab.#inUse === 0) await client.close()
    })
  }

  /** A test that stands alone. When it fails, what a person would look at is printed. */
  test(name: string, body: () => Promise<void>): void {
    this.#suite(name, () => this.#told(body))
  }

  /** A test that goes on where the step before it ended: after one that failed the rest are not tried. */
  step(name: string, body: () => Promise<void>): void {
    this.#suite(name, async () => {
      if (this.#broken !== undefined) throw notTried(this.#broken)
      try {
        await this.#told(body)
      } catch (error) {
        this.#broken = name
        throw error
      }
    })
  }

  /** kubectl in the namespace. */
  kubectl(...args: string[]): Promise<string> {
    return kubectl(['--namespace', this.namespace, ...args])
  }

  /** What a user writes into instance.yaml: a small VM that boots from the claim `base`, unless told otherwise. */
  manifest(name: string, spec: SpecPart = {}): object {
    return {
      apiVersion,
      kind: 'EphemeralInstance',
      metadata: { name },
      spec: {
        boot: { claim: 'base' },
        ...('flavor' in spec ? {} : { resources: { cpus: 1, memory: '128Mi', disk: '128Mi' } }),
        sshAuthorizedKeys: [this.key.publicKey],
        ...spec,
      },
    }
  }

  /** kubectl apply. */
  async apply(name: string, spec: SpecPart = {}): Promise<void> {
    const input = JSON.stringify(this.manifest(name, spec))
    await kubectl(['apply', '--namespace', this.namespace, '-f', '-'], { input })
  }

  /** kubectl patch of the spec. */
  async change(name: string, spec: SpecPart): Promise<void> {
    await this.kubectl('patch', 'ei', name, '--type=merge', '-p', JSON.stringify({ spec }))
  }

  /** kubectl wait, until the spec as it is now is what runs and answers. */
  async ready(...names: string[]): Promise<void> {
    const targets = names.map((name) => `ei/${name}`)
    await kubectl(
      [
        'wait',
        '--namespace',
        this.namespace,
        '--for=condition=Ready',
        `--timeout=${this.#bootSeconds}s`,
        ...targets,
      ],
      { seconds: this.#bootSeconds * names.length + 10 },
    )
  }

  get(name: string): Promise<EphemeralInstance> {
    return client.get(ephemeralInstances, { namespace: this.namespace, name })
  }

  async status(name: string): Promise<InstanceStatus> {
    return (await this.get(name)).status ?? {}
  }

  /** Waits for a status that holds. */
  until(
    name: string,
    what: string,
    holds: (status: InstanceStatus) => boolean,
    seconds = this.#bootSeconds,
  ): Promise<InstanceStatus> {
    return waitFor(`${name}: ${what}`, seconds, () => this.status(name), holds)
  }

  /** Waits for a fresh VM in place of a former one: the count of restarts says so, and the guest answers. */
  restarted(name: string, restarts: number): Promise<InstanceStatus> {
    const isFresh = (status: InstanceStatus) => status.restarts === restarts && status.phase === 'Ready'
    return this.until(name, `a fresh VM, restart ${restarts}`, isFresh)
  }

  /** The VM's pod. */
  pod(name: string): Promise<Pod> {
    return client.get(pods, { namespace: this.namespace, name: `${name}-vm` })
  }

  async podUid(name: string): Promise<string> {
    return (await this.pod(name)).metadata.uid ?? ''
  }

  /** Waits for the pod to be gone. */
  async podGone(name: string, seconds = 60): Promise<void> {
    const target = { namespace: this.namespace, name: `${name}-vm` }
    const look = () => client.find(pods, target)
    await waitFor(`pod ${target.name} to be gone`, seconds, look, (found) => found === undefined)
  }

  /** Deletes a pod without grace, as soon as it is seen: a worker may be over in a second, and gone by then. */
  async kill(pod: Pod | undefined): Promise<void> {
    if (pod === undefined) return
    await client.delete(pods, pod.metadata, { gracePeriodSeconds: 0 }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error
    })
  }

  /** What a shell command in the pod (not in the guest) prints. */
  inPod(name: string, command: string): Promise<string> {
    return this.kubectl('exec', `${name}-vm`, '--', 'sh', '-c', command)
  }

  /** What a command in the guest prints, without the last line break. */
  async sh(name: string, command: string, user?: string): Promise<string> {
    const { code, stdout, stderr } = await this.trySh(name, command, user)
    if (code === 0) return stdout.trimEnd()
    throw new Error(`"${command}" in ${name} ended with ${code}: ${stderr}${stdout}`)
  }

  /** A command in the guest, whatever comes of it. */
  async trySh(name: string, command: string, user?: string): Promise<Ran> {
    return ssh(this.key, await this.address(name), command, user)
  }

  async address(name: string): Promise<string> {
    const { ip } = await this.status(name)
    if (ip === undefined) throw new Error(`${name} has no address in its status`)
    return ip
  }

  /** The guest's console, as `kubectl logs` shows it. */
  console(name: string): Promise<string> {
    return this.kubectl('logs', `${name}-vm`)
  }

  async #open({ guest = 'tiny', claims = {} }: LabOptions): Promise<void> {
    await makeNamespace(this.namespace)
    if (guest === 'none' && Object.keys(claims).length === 0) return
    const base = guest === 'none' ? {} : { base: baseMebibytes[guest] }
    await this.workbench.open({ ...base, ...claims }, await runnerImage())
    if (guest !== 'none') await this.workbench.put(diskOf(guest), '/claims/base/disk.qcow2')
  }

  async #told(body: () => Promise<void>): Promise<void> {
    try {
      await body()
    } catch (error) {
      console.log(await diagnosis(this.namespace))
      throw error
    }
  }
}

/** Its stack would tell nothing. */
function notTried(broken: string): Error {
  const error = new Error(`not tried, because this failed: ${broken}`)
  error.stack = ''
  return error
}

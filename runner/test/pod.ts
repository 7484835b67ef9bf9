import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  copyFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Firmware } from '../../operator/api/firmware.ts'
import { scratchPath, scratchVariable } from '../../operator/instance/desired/scratch.ts'
import { type DiskVolume, diskPath, volumeParts } from '../../operator/instance/desired/volumes.ts'
import type { ScratchDisk } from '../../operator/instance/size.ts'
import { qemuArguments } from '../../operator/qemu/argv.ts'
import { firmwareVariable } from '../../operator/qemu/firmware.ts'
import { built, runnerRoot } from './built.ts'
import { type Process, processesIn, signalContainer } from './processes.ts'
import { type Ran, ran } from './ran.ts'
import { waitFor } from './wait-for.ts'

const here = import.meta.dirname
const uid = 1000
const address = '10.244.77.7'

export type RunnerState = Readonly<{
  phase: string
  reason: string
  message: string
  accelerator: string
  guest: string
  rebooted: number
  reset: number
  unresponsive: number
  /** The guest's agent has opened its port. */
  agent: boolean
}>

/** A pod of the runner image on this machine: the image's files, its user, its limits, two network namespaces. */
export type Pod = Readonly<{
  folder: string
  address: string
  key: string
  /** The name of the client's network namespace. */
  peer: string
  /** All that the container has printed: QEMU's console log and the runner's words. */
  log: () => string
  state: () => RunnerState | undefined
  /** Waits for a state that `wanted` accepts; throws with the last one when that takes several times as many `seconds`. */
  until: (wanted: (state: RunnerState) => boolean, seconds?: number) => Promise<RunnerState>
  /** Runs a command among the pod's clients. */
  inPeer: (command: string, ...words: string[]) => Promise<Ran>
  /** Runs a command in the guest, over ssh to the pod's IPv4 address or another. */
  ssh: (command: string, input?: string, to?: string) => Promise<Ran>
  /** Asks a service of the control port, with the pod's key or another, at its IPv4 address or another, and sends `lines`. */
  control: (service: string, lines?: readonly string[], key?: string, address?: string) => Promise<Ran>
  /** The HTTP status of a path on the probe port. */
  probe: (path: string) => Promise<string>
  /** The pod's processes: name and id. */
  processes: () => readonly Process[]
  /** Sends SIGTERM to the container, as the kubelet does. */
  terminate: () => void
  /** Resolves with the container's exit code and its termination message. */
  ended: Promise<Readonly<{ code: number | null; message: string }>>
  /** Ends the container if it still runs, and removes all traces. */
  remove: () => Promise<void>
}>

/** Environment that replaces the defaults; `base` fills the base volume's folder; `userData` and `args` as they say. */
export type PodOptions = Readonly<{
  env?: Readonly<Record<string, string>>
  base?: (folder: string) => void
  userData?: string
  args?: (args: string[]) => string[]
  volumes?: readonly DiskVolume[]
  /** Fills `volumes`, a folder for each that is no block device, and `devices`, for the nodes of those. */
  prepare?: (folder: string) => void
  scratch?: readonly ScratchDisk[]
  /** Default: 128. */
  memoryMebibytes?: number
  /** Default: BIOS. */
  firmware?: Firmware
  /** The overlay's volume is a memory file system of so many MiB. Default: a folder. */
  overlayMebibytes?: number
}>

/** Puts the tiny guest's disk on a base volume. */
export function tinyBase(folder: string): void {
  const file = join(folder, 'disk.qcow2')
  copyFileSync(join(built(join(here, '../../hack/guests/tiny')), 'disk.qcow2'), file)
  chmodSync(file, 0o444)
}

/** The hex SHA-256 of a file. */
export async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

function writeSeed(folder: string, publicKey: string, userData: string | undefined): void {
  writeFileSync(
    join(folder, 'meta-data'),
    `instance-id: "UID-0"\nlocal-hostname: "web1"\npublic-keys:\n  - "${publicKey}"\n`,
  )
  if (userData !== undefined) writeFileSync(join(folder, 'user-data'), userData)
}

/** Starts a pod; needs root, for network namespaces. The guest is not waited for. */
export async function startPod(options: PodOptions = {}): Promise<Pod> {
  if (process.getuid?.() !== 0) throw new Error('the runner tests make network namespaces: run them as root')
  const root = runnerRoot()
  const name = `eph-${randomBytes(3).toString('hex')}`
  const folder = mkdtempSync(join(tmpdir(), `${name}-`))
  const at = (...words: string[]) => join(folder, ...words)
  for (const volume of ['base', 'overlay', 'run', 'seed', 'control', 'nbd']) mkdirSync(at(volume))
  if (options.env?.VM_USER_DATA_FROM !== undefined) mkdirSync(at('user-data'))
  if (options.overlayMebibytes !== undefined)
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${options.overlayMebibytes}m`, 'tmpfs', at('overlay')])
  for (const volume of ['overlay', 'run']) chownSync(at(volume), uid, uid)
  ;(options.base ?? tinyBase)(at('base'))
  const { volumes = [], scratch = [] } = options
  for (const { name, isBlock } of volumes) {
    mkdirSync(isBlock ? at('devices') : at('volumes', name), { recursive: true })
    if (!isBlock) chownSync(at('volumes', name), 0, uid)
    if (!isBlock) chmodSync(at('volumes', name), 0o2775)
  }
  options.prepare?.(folder)

  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at('key')])
  writeSeed(at('seed'), readFileSync(at('key.pub'), 'utf8').trim(), options.userData)
  const key = randomBytes(32).toString('hex')
  writeFileSync(at('control', 'psk'), `ephemera:${key}\n`, { mode: 0o440 })
  chownSync(at('control', 'psk'), 0, uid)
  const nbdKey = randomBytes(32).toString('hex')
  writeFileSync(at('nbd', 'keys.psk'), `ephemera:${nbdKey}\n`, { mode: 0o440 })
  chownSync(at('nbd', 'keys.psk'), 0, uid)
  writeFileSync(at('resolv.conf'), 'nameserver 10.244.77.1\nsearch lab.svc.cluster.local svc.cluster.local\n')
  writeFileSync(at('termination-log'), '')
  chmodSync(at('termination-log'), 0o666)

  const env = {
    VM_DISK_BYTES: String(1024 ** 3),
    VM_NETWORK: 'passt',
    VM_TCP_PORTS: '22,80,8080',
    VM_UDP_PORTS: '',
    VM_READINESS: 'ssh:22',
    VM_ACCELERATOR: 'auto',
    VM_GRACE_SECONDS: '120',
    ...volumeParts(volumes).environment,
    ...scratchVariable({ scratch }),
    ...firmwareVariable(options.firmware ?? 'BIOS'),
    ...options.env,
  }
  writeFileSync(
    at('env'),
    Object.entries(env)
      .map(([variable, value]) => `${variable}=${value}\n`)
      .join(''),
  )
  const plain = qemuArguments({
    namespace: 'lab',
    name: 'web1',
    uid: '11111111-2222-3333-4444-555555555555',
    cpus: 1,
    memoryBytes: (options.memoryMebibytes ?? 128) * 1024 ** 2,
    firmware: options.firmware,
    volumes: volumes.map((one) => ({ ...one, path: diskPath(one) })),
    scratch: scratch.map(({ name }) => ({ name, path: scratchPath(name) })),
  })
  const args = options.args?.(plain) ?? plain

  execFileSync(join(here, 'network'), ['up', name])
  let log = ''
  const container: ChildProcess = spawn(join(here, 'container'), [root, folder, `${name}-pod`, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const collect = (chunk: Buffer) => {
    log += chunk.toString()
    if (log.length > 1_000_000) log = log.slice(-500_000)
    if (process.env.POD_LOG !== undefined) appendFileSync(process.env.POD_LOG, chunk)
  }
  container.stdout?.on('data', collect)
  container.stderr?.on('data', collect)
  let running = true
  const ended = new Promise<{ code: number | null; message: string }>((resolve) => {
    container.on('close', (code) => {
      running = false
      resolve({ code, message: readFileSync(at('termination-log'), 'utf8') })
    })
  })

  const signal = (name: NodeJS.Signals) => {
    if (container.pid !== undefined && running) signalContainer(container.pid, name)
  }
  const inPeer = (command: string, ...words: string[]) =>
    ran('ip', ['netns', 'exec', `${name}-peer`, command, ...words])
  const state = (): RunnerState | undefined => {
    if (!existsSync(at('run', 'state'))) return undefined
    return JSON.parse(readFileSync(at('run', 'state'), 'utf8')) as RunnerState
  }
  return {
    folder,
    address,
    key,
    peer: `${name}-peer`,
    log: () => log,
    state,
    until: (wanted, seconds = 60) =>
      waitFor(
        () => {
          const now = state()
          return now !== undefined && wanted(now) ? now : undefined
        },
        seconds,
        () => `the state is ${JSON.stringify(state())}\n${log.slice(-3000)}`,
      ),
    inPeer,
    ssh: (command, input, to = address) =>
      ran(
        'ip',
        [
          ...['netns', 'exec', `${name}-peer`, 'ssh', '-i', at('key'), '-o', 'StrictHostKeyChecking=no'],
          ...['-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR', '-o', 'ConnectTimeout=30'],
          // A guest that was reset meanwhile says so once it is asked whether it is there.
          ...['-o', 'ServerAliveInterval=5', '-o', 'ServerAliveCountMax=60'],
          ...[`root@${to}`, command],
        ],
        input,
      ),
    control: (service, lines = [], withKey = key, at = address) =>
      inPeer(process.execPath, join(here, 'ask.ts'), at, service, withKey, ...lines),
    probe: async (path) =>
      (
        await inPeer(
          'curl',
          // Its server may just be starting.
          ...[
            '-s',
            '-o',
            '/dev/null',
            '-m',
            '60',
            '--retry',
            '60',
            '--retry-delay',
            '1',
            '--retry-connrefused',
          ],
          ...['-w', '%{http_code}', `http://${address}:10778${path}`],
        )
      ).stdout,
    processes: () => processesIn(`${name}-pod`),
    terminate: () => signal('SIGTERM'),
    ended,
    remove: async () => {
      signal('SIGKILL')
      await ended
      execFileSync(join(here, 'network'), ['down', name])
      if (options.overlayMebibytes !== undefined) execFileSync('umount', ['-l', at('overlay')])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runnerRoot } from './built.ts'
import { type Process, processesIn, signalContainer } from './processes.ts'
import { type Ran, ran } from './ran.ts'
import { waitFor } from './wait-for.ts'

const here = import.meta.dirname
const uid = 1000

export type WorkerState = Readonly<{
  phase: string
  reason: string
  message: string
  progress: number | null
  bytes: number
  totalBytes: number | null
}>

/** The termination message. A success has all fields, a refusal the first two. */
export type Outcome = Readonly<{
  reason: string
  message: string
  sha256: string
  size: number
  virtualSize: number
  format: string
  sourceDigest: string
}>

/** What a worker is started with: its job, its environment, and folders of this machine as its volumes. */
export type WorkerOptions = Readonly<{
  job: string
  env?: Readonly<Record<string, string>>
  target?: string
  source?: string
  nbd?: string
  auth?: string
  /** A folder of this machine's control groups that the container is put into. */
  group?: string
  /** The network namespace that it runs in. Default: the pod's of the lab. */
  netns?: string
}>

export type Worker = Readonly<{
  target: string
  log: () => string
  state: () => WorkerState | undefined
  until: (wanted: (state: WorkerState) => boolean, seconds?: number) => Promise<WorkerState>
  /** Asks for the state over the control port, as the operator does. */
  ask: () => Promise<Ran>
  /** Sends a signal to the container's first process. SIGKILL ends all of the container at once. */
  signal: (name: NodeJS.Signals) => void
  /** The processes of its network namespace. */
  processes: () => readonly Process[]
  ended: Promise<Readonly<{ code: number | null; outcome: Outcome }>>
  /** Where the container's volumes are. */
  folder: string
}>

/** A place for workers: two network namespaces, an HTTP server among the pod's peers, folders to serve and to write into. */
export type Lab = Readonly<{
  /** The HTTP server's address, as a URL without a path. */
  url: string
  /** The network namespace of the pod. */
  pod: string
  /** What the server serves. */
  files: string
  /** The paths that were asked for. */
  requests: () => readonly string[]
  /** A fresh folder. */
  fresh: () => string
  start: (options: WorkerOptions) => Worker
  /** Starts a worker and waits for its end. */
  run: (
    options: WorkerOptions,
  ) => Promise<Readonly<{ code: number | null; outcome: Outcome; target: string; log: string }>>
  /** Runs a command where the HTTP server runs. */
  inPeer: (command: string, ...words: string[]) => Promise<Ran>
  /** Starts a program in the network namespace of the pod or of its peers; it ends with the lab. */
  spawn: (where: 'pod' | 'peer', command: string, ...words: string[]) => ChildProcess
  remove: () => Promise<void>
}>

export const podAddress = '10.244.77.7'
export const peerAddress = '10.244.77.1'

/** Needs root, for network namespaces. Workers of one lab have one address, so that they take turns. */
export async function startLab(): Promise<Lab> {
  if (process.getuid?.() !== 0) throw new Error('the runner tests make network namespaces: run them as root')
  const root = runnerRoot()
  const name = `ephw-${randomBytes(3).toString('hex')}`
  const folder = mkdtempSync(join(tmpdir(), `${name}-`))
  // In memory: what is tested here is not how fast this machine's disk syncs.
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3g,mode=755', 'tmpfs', folder])
  let folders = 0
  const fresh = () => {
    folders += 1
    const made = join(folder, `v${folders}`)
    mkdirSync(made)
    chownSync(made, uid, uid)
    return made
  }
  execFileSync(join(here, 'network'), ['up', name])
  const children: ChildProcess[] = []
  const start = (where: 'pod' | 'peer', command: string, ...words: string[]) => {
    const child = spawn('ip', ['netns', 'exec', `${name}-${where}`, command, ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    children.push(child)
    return child
  }
  const inPeer = (command: string, ...words: string[]) =>
    ran('ip', ['netns', 'exec', `${name}-peer`, command, ...words])

  const files = fresh()
  const asked: string[] = []
  const server = start('peer', process.execPath, join(here, 'faulty-server.ts'), files, peerAddress, '8080')
  server.stderr?.pipe(process.stderr)
  server.stdout?.on('data', (chunk) => asked.push(...String(chunk).trim().split('\n')))
  await waitFor(
    () => asked.includes('listening') || undefined,
    10,
    () => 'the HTTP server does not listen',
  )

  const startWorker = (options: WorkerOptions): Worker => {
    const pod = fresh()
    const at = (...words: string[]) => join(pod, ...words)
    const target = options.target ?? fresh()
    const netns = options.netns ?? `${name}-pod`
    for (const volume of ['run', 'control']) mkdirSync(at(volume))
    chownSync(at('run'), uid, uid)
    const key = randomBytes(32).toString('hex')
    writeFileSync(at('control', 'psk'), `ephemera:${key}\n`, { mode: 0o440 })
    chownSync(at('control', 'psk'), 0, uid)
    writeFileSync(at('resolv.conf'), `nameserver ${peerAddress}\noptions timeout:30 attempts:1\n`)
    writeFileSync(at('termination-log'), '')
    chmodSync(at('termination-log'), 0o666)
    const env = {
      WORKER_ALLOW_CIDRS: '10.244.77.0/24',
      WORKER_MAX_BYTES: String(1024 ** 3),
      WORKER_RETRY_SECONDS: '0',
      ...options.env,
    }
    writeFileSync(
      at('env'),
      Object.entries(env)
        .map(([variable, value]) => `${variable}=${value}\n`)
        .join(''),
    )
    for (const [volume, from] of Object.entries({
      target,
      source: options.source,
      nbd: options.nbd,
      auth: options.auth,
    })) {
      if (from === undefined) continue
      mkdirSync(at(volume))
      execFileSync('mount', ['--bind', from, at(volume)])
      mounts.push(at(volume))
    }

    const enter = options.group === undefined ? '' : `echo $$ >${join(options.group, 'cgroup.procs')};`
    const words = [root, pod, netns, options.job]
    const container = spawn('bash', ['-c', `${enter} exec "$@"`, 'bash', join(here, 'container'), ...words], {
      env: { ...process.env, POD_PROGRAM: 'worker' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let log = ''
    container.stdout.on('data', (chunk) => {
      log += chunk
    })
    container.stderr.on('data', (chunk) => {
      log += chunk
    })
    let running = true
    const ended = new Promise<{ code: number | null; outcome: Outcome }>((resolve) => {
      container.on('close', (code) => {
        running = false
        const message = readFileSync(at('termination-log'), 'utf8')
        resolve({ code, outcome: JSON.parse(message === '' ? '{}' : message) as Outcome })
      })
    })
    const state = () =>
      existsSync(at('run', 'state'))
        ? (JSON.parse(readFileSync(at('run', 'state'), 'utf8')) as WorkerState)
        : undefined
    const worker: Worker = {
      target,
      folder: pod,
      log: () => log,
      state,
      until: (wanted, seconds = 30) =>
        waitFor(
          () => {
            const seen = state()
            return seen !== undefined && wanted(seen) ? seen : undefined
          },
          seconds,
          () => `the state is ${JSON.stringify(state())}\n${log.slice(-2000)}`,
        ),
      ask: () => inPeer(process.execPath, join(here, 'ask.ts'), podAddress, 'state', key),
      processes: () => processesIn(netns),
      signal: (signal) => {
        if (container.pid !== undefined && running) signalContainer(container.pid, signal)
      },
      ended,
    }
    workers.push(worker)
    return worker
  }
  const workers: Worker[] = []
  const mounts: string[] = []

  return {
    url: `http://${peerAddress}:8080`,
    pod: `${name}-pod`,
    files,
    requests: () => asked,
    fresh,
    start: startWorker,
    run: async (options) => {
      const worker = startWorker(options)
      const end = await worker.ended
      return { ...end, target: worker.target, log: worker.log() }
    },
    inPeer,
    spawn: start,
    remove: async () => {
      for (const worker of workers) {
        worker.signal('SIGKILL')
        await worker.ended
      }
      for (const child of children) child.kill('SIGKILL')
      for (const mount of mounts) execFileSync('umount', ['-l', mount])
      execFileSync(join(here, 'network'), ['down', name])
      execFileSync('umount', ['-l', folder])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

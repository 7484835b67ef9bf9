import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Lines, type Message, openLines } from './qmp.ts'
import { until } from './until.ts'

/** A folder for one test file: its ssh key, overlays and seeds. */
export type Room = Readonly<{ folder: string; key: string; publicKey: string; remove: () => void }>

export type Options = Readonly<{
  room: Room
  disk: string
  user: string
  memoryMib: number
  /** Names the overlay's file: the same name again boots the same disk again. */
  overlay: string
  /** The files of the seed by their paths; see the NoCloud and ConfigDrive formats. */
  seed: Readonly<Record<string, string>>
  /** Label of the seed's disk. Default CIDATA, as NoCloud has it. */
  label?: 'CIDATA' | 'CONFIG-2'
  devices?: readonly string[]
}>

export type Guest = Readonly<{
  ssh: (command: string) => Promise<string>
  /** Resolves once ssh lets the user in; the figure is seconds since QEMU was started. */
  ready: () => Promise<number>
  http: () => Promise<string>
  hostKey: () => Promise<string>
  console: () => string
  qmp: Lines
  agent: Lines
  event: (name: string) => Promise<Message>
  /** Waits for QEMU's end and gives its exit code. */
  exit: () => Promise<number>
  kill: () => void
}>

/** What boots and talks to guests, as `need` wants it: the Debian package and a program of it. */
const programs = [
  'qemu-system-x86=qemu-system-x86_64',
  'qemu-utils=qemu-img',
  'mtools=mformat',
  'openssh-client=ssh-keyscan',
  'util-linux=setpriv',
]

/** Makes a folder with a fresh ssh key in it. Programs that the tests need are installed first, as `need` says. */
export function makeRoom(): Room {
  execFileSync(join(import.meta.dirname, 'need'), programs, { stdio: ['ignore', 'inherit', 'inherit'] })
  const folder = mkdtempSync(join(tmpdir(), 'ephemera-guest-'))
  const key = join(folder, 'key')
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'check', '-f', key])
  return {
    folder,
    key,
    publicKey: readFileSync(`${key}.pub`, 'utf8').trim(),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** The folder of a guest's `disk.qcow2`, built when it is not in the cache. */
export function buildGuest(name: 'tiny' | 'debian'): string {
  const folder = execFileSync(join(import.meta.dirname, name), { stdio: ['ignore', 'pipe', 'inherit'] })
  return join(folder.toString().trim(), 'disk.qcow2')
}

function makeSeed(path: string, { seed: files, label = 'CIDATA' }: Options): void {
  execFileSync('truncate', ['-s', '1M', path])
  execFileSync('mformat', ['-i', path, '-v', label, '::'])
  if (label === 'CONFIG-2') execFileSync('mmd', ['-i', path, '::openstack', '::openstack/latest'])
  for (const [name, content] of Object.entries(files)) {
    execFileSync('mcopy', ['-i', path, '-', `::${name}`], { input: content })
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

function qemuArguments(options: Options, files: Record<string, string>, ssh: number, http: number): string[] {
  const forward = `hostfwd=tcp:127.0.0.1:${ssh}-:22,hostfwd=tcp:127.0.0.1:${http}-:80`
  return [
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-machine', 'q35', '-accel', 'tcg,tb-size=64'],
    ...['-m', `${options.memoryMib}`, '-drive', `if=none,id=disk,file=${files.overlay},cache=unsafe`],
    ...[
      '-device',
      'virtio-blk-pci,drive=disk',
      '-drive',
      `if=none,id=seed,file=${files.seed},format=raw,readonly=on`,
    ],
    ...['-device', 'virtio-blk-pci,drive=seed', '-netdev', `user,id=net,${forward}`],
    ...[
      '-device',
      'virtio-net-pci,netdev=net,romfile=',
      '-device',
      'virtio-rng-pci',
      '-device',
      'virtio-serial',
    ],
    ...['-chardev', `socket,id=agent,path=${files.agent},server=on,wait=off`],
    ...['-device', 'virtserialport,chardev=agent,name=org.qemu.guest_agent.0'],
    ...['-qmp', `unix:${files.qmp},server=on,wait=off`, '-serial', `file:${files.console}`],
    ...(options.devices ?? []).flatMap((device) => ['-device', device]),
  ]
}

/** Boots a guest under emulation with ssh and http forwarded on loopback. The caller ends it: by power-down or `kill`. */
export async function bootGuest(options: Options): Promise<Guest> {
  const { room } = options
  const folder = mkdtempSync(join(room.folder, 'vm-'))
  const files = {
    overlay: join(room.folder, `${options.overlay}.qcow2`),
    seed: join(folder, 'seed.img'),
    qmp: join(folder, 'qmp.sock'),
    agent: join(folder, 'agent.sock'),
    console: join(folder, 'console.log'),
  }
  if (!existsSync(files.overlay)) {
    execFileSync('qemu-img', [
      'create',
      '-q',
      '-f',
      'qcow2',
      '-b',
      options.disk,
      '-F',
      'qcow2',
      files.overlay,
      '5G',
    ])
  }
  makeSeed(files.seed, options)
  writeFileSync(files.console, '')
  const [sshPort, httpPort] = [await freePort(), await freePort()]

  const started = Date.now()
  const words = qemuArguments(options, files, sshPort, httpPort)
  // It ends with this process: one that is left behind would keep whoever reads this process's output waiting.
  const mortal = ['--pdeathsig', 'KILL', 'qemu-system-x86_64', ...words]
  const qemu: ChildProcess = spawn('setpriv', mortal, { stdio: ['ignore', 'ignore', 'inherit'] })
  const running = () => qemu.exitCode === null && qemu.signalCode === null
  const open = (path: string) =>
    until(`QEMU's socket ${path}`, 30, () =>
      openLines(path).catch(() => !running() && Promise.reject('QEMU ended')),
    )
  const [qmp, agent] = [await open(files.qmp), await open(files.agent)]
  qmp.send({ execute: 'qmp_capabilities' })

  const quiet = [
    '-o',
    'StrictHostKeyChecking=no',
    '-o',
    'UserKnownHostsFile=/dev/null',
    '-o',
    'LogLevel=ERROR',
  ]
  const login = ['-i', room.key, '-o', 'BatchMode=yes', '-p', `${sshPort}`, `${options.user}@127.0.0.1`]
  const run = (program: string, words: readonly string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      execFile(program, words, { timeout: 600_000 }, (error, output) =>
        error ? reject(error) : resolve(output.trim()),
      )
    })
  // QEMU takes the connection at once, so that a guest which boots is asked anew now and then; one that has booted may be slow to answer.
  const ssh = (command: string, connectSeconds = 180) =>
    run('ssh', [...quiet, '-o', `ConnectTimeout=${connectSeconds}`, ...login, command])

  return {
    ssh: (command) => ssh(command),
    qmp,
    agent,
    console: () => readFileSync(files.console, 'utf8'),
    ready: async () => {
      await until('ssh', 300, () =>
        ssh('true', 15)
          .then(() => true)
          .catch(() => !running() && Promise.reject('QEMU ended')),
      )
      return (Date.now() - started) / 1000
    },
    http: () => fetch(`http://127.0.0.1:${httpPort}/`).then((response) => response.text()),
    hostKey: async () =>
      (await run('ssh-keyscan', ['-T', '180', '-t', 'ed25519', '-p', `${sshPort}`, '127.0.0.1'])).split(
        ' ',
      )[2] ?? '',
    event: (name) => until(`event ${name}`, 120, () => qmp.history.find((message) => message.event === name)),
    exit: () => until("QEMU's end", 120, () => qemu.exitCode ?? undefined),
    kill: () => {
      qmp.close()
      agent.close()
      if (running()) qemu.kill('SIGKILL')
    },
  }
}

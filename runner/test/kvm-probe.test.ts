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
import { test } from 'uvu'
import { verdictOf } from '../../operator/kvm-plugin/verdict.ts'
import { runnerRoot } from './built.ts'
import { processesIn } from './processes.ts'
import { waitFor } from './wait-for.ts'

const here = import.meta.dirname
const uid = 1000
const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()

/** As root: a node for /dev/kvm as the device plugin gives it to a pod, or a stand-in. */
type MakeDevice = (path: string) => void
const fake: MakeDevice = (path) => {
  writeFileSync(path, '')
  chmodSync(path, 0o666)
}
const real: MakeDevice = (path) => {
  execFileSync('mknod', ['-m', '666', path, 'c', '10', '232'])
}
const closed: MakeDevice = (path) => {
  execFileSync('mknod', ['-m', '600', path, 'c', '10', '232'])
}

/** Runs the probe as its pod does, hands what it says to the body, and takes it down. */
async function probing(
  device: MakeDevice | undefined,
  env: Readonly<Record<string, string>>,
  body: (said: () => ReturnType<typeof verdictOf>, names: () => readonly string[]) => Promise<void>,
): Promise<void> {
  const root = runnerRoot()
  const name = `ephk-${randomBytes(3).toString('hex')}`
  const folder = mkdtempSync(join(tmpdir(), `${name}-`))
  for (const part of ['run', 'devices']) mkdirSync(join(folder, part))
  chownSync(join(folder, 'run'), uid, uid)
  device?.(join(folder, 'devices', 'kvm'))
  // Where a guest is to get through, a busy machine has its time.
  const variables = { PROBE_FOLDER: '/run/vm', PROBE_SECONDS: '1', PROBE_LIMIT: '60', ...env }
  const lines = Object.entries(variables).map(([variable, value]) => `${variable}=${value}\n`)
  writeFileSync(join(folder, 'env'), lines.join(''))
  for (const file of ['resolv.conf', 'termination-log']) writeFileSync(join(folder, file), '')
  execFileSync('ip', ['netns', 'add', `${name}-pod`])
  const processes = () => processesIn(`${name}-pod`)
  const container: ChildProcess = spawn(join(here, 'container'), [root, folder, `${name}-pod`], {
    env: { ...process.env, POD_PROGRAM: 'kvm-probe' },
    stdio: 'inherit',
  })
  const over = new Promise((resolve) => container.on('close', resolve))
  const said = () => {
    const path = join(folder, 'run', 'verdict')
    const file = existsSync(path) ? { text: readFileSync(path, 'utf8'), writtenAt: new Date() } : undefined
    return verdictOf(file, { now: new Date(), bootId, validSeconds: 60 })
  }
  try {
    await body(said, () => processes().map(({ name }) => name))
  } finally {
    for (const { pid } of processes()) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It ended by itself.
      }
    }
    await over
    execFileSync('ip', ['netns', 'del', `${name}-pod`])
    rmSync(folder, { recursive: true, force: true })
  }
}

type Row = Readonly<{
  name: string
  device?: MakeDevice
  words?: string
  limit?: string
  works: boolean
  says: RegExp
}>

// QEMU's words for the accelerator stand for what the node's KVM does.
const rows: readonly Row[] = [
  {
    name: 'a guest that runs is told',
    device: fake,
    words: '-accel tcg',
    works: true,
    says: /ran under KVM/,
  },
  {
    name: 'a guest that never gets on is told after a second',
    device: fake,
    words: '-accel tcg -S',
    limit: '1',
    works: false,
    says: /did not get through its code within 1 s/,
  },
  {
    name: 'a device that is none is told in the words of QEMU',
    device: fake,
    works: false,
    says: /QEMU ended with \d+: .*kvm/i,
  },
  { name: 'no device is told', works: false, says: /there is no \/dev\/kvm/ },
  {
    name: 'a device that VMs may not open is told, and what to do about it',
    device: closed,
    works: false,
    says: /user 1000 may not open \/dev\/kvm, which has mode 600.*chmod 666/,
  },
]
for (const { name, device, words, limit, works, says } of rows) {
  test(name, () =>
    probing(
      device,
      { ...(words && { VM_ACCEL_KVM: words }), ...(limit && { PROBE_LIMIT: limit }) },
      async (said, names) => {
        await waitFor(
          () => (said().works === works && says.test(said().message) ? true : undefined),
          90,
          () => said().message,
        )
        await waitFor(
          () => (names().some((each) => each.startsWith('qemu')) ? undefined : true),
          60,
          () => `still there: ${names()}`,
        )
      },
    ),
  )
}

test('whatever the KVM of this machine does, there is an answer, and no guest is left behind', async () => {
  if (!existsSync('/sys/class/misc/kvm')) return
  await probing(real, { PROBE_SECONDS: '600', PROBE_LIMIT: '1' }, async (said, names) => {
    const spoken = /ran under KVM|did not get through|QEMU ended with/
    await waitFor(
      () => (spoken.test(said().message) ? true : undefined),
      60,
      () => said().message,
    )
    await waitFor(
      () => (names().some((each) => each.startsWith('qemu')) ? undefined : true),
      60,
      () => `still there: ${names()}`,
    )
    console.log(`on this machine: ${said().message}`)
  })
})

test.run()

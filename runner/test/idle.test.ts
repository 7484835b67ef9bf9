import { type ChildProcess, spawn } from 'node:child_process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Pod, startPod } from './pod.ts'
import { waitFor } from './wait-for.ts'

/** What the control port says, as the operator hears it. */
async function idleSeconds(pod: Pod): Promise<number> {
  const { stdout } = await pod.control('state')
  return (JSON.parse(stdout) as { idleSeconds: number }).idleSeconds
}

const until = (pod: Pod, what: string, wanted: (seconds: number) => boolean | Promise<boolean>) =>
  waitFor(
    async () => ((await wanted(await idleSeconds(pod))) ? true : undefined),
    60,
    () => `${what}\n${pod.log().slice(-2000)}`,
  )

/** Seconds between two looks of the meter. */
const every = 5

/** Two looks are over: a meter that takes the guest for idle has said so. */
async function staysInUse(pod: Pod, why: string): Promise<void> {
  const end = Date.now() + (2 * every + 1) * 1000
  while (Date.now() < end) assert.is(await idleSeconds(pod), 0, why)
}

/** Connects from a network namespace, and sends nothing. */
const connection = (namespace: string, host: string): ChildProcess =>
  spawn('ip', [
    ...['netns', 'exec', namespace, process.execPath, '-e'],
    `require('node:net').connect(22, '${host}').on('data', () => console.log('connected')).on('error', () => process.exit(1))`,
  ])

test('a guest is idle while nobody is connected and its CPU rests, and only then', async () => {
  const pod = await startPod({ env: { VM_IDLE_LOOK_SECONDS: String(every) } })
  let held: ChildProcess | undefined
  try {
    await pod.until((state) => state.guest === 'Ready', 120)
    await until(pod, 'its own readiness check is no use of it', (seconds) => seconds > 15)

    const meter = () => pod.processes().find(({ name }) => name === 'idle-meter')?.pid ?? 0
    const former = meter()
    process.kill(former, 'SIGKILL')
    await until(pod, 'a meter that died is started again', () => ![0, former].includes(meter()))
    await until(pod, 'and goes on from where it was', (seconds) => {
      assert.ok(seconds === 0 || seconds > 15, `it began anew: ${seconds}`)
      return seconds > 0
    })

    // As `kubectl port-forward` does it.
    held = connection(pod.peer.replace('-peer', '-pod'), '127.0.0.1')
    await until(pod, 'somebody is connected by way of the loopback', (seconds) => seconds === 0)
    await staysInUse(pod, 'somebody is connected')
    held.kill()
    await until(pod, 'nobody is connected any more', (seconds) => seconds > 0)

    await until(pod, 'connections that last no moment are uses', async (seconds) => {
      const brief = `require('node:net').connect(22, '${pod.address}').on('connect', () => process.exit())`
      await pod.inPeer(process.execPath, '-e', brief)
      return seconds === 0
    })
    await until(pod, 'and are over then', (seconds) => seconds > 0)

    await pod.ssh('while :; do :; done </dev/null >/dev/null 2>&1 &')
    await until(pod, 'a busy CPU is use', (seconds) => seconds === 0)
    await staysInUse(pod, 'the CPU is busy')

    await pod.control('qmp', ['{"execute":"qmp_capabilities"}', '{"execute":"stop"}'])
    await pod.until((state) => state.reason === 'Paused')
    await until(pod, 'the meter of a paused machine ends', async (seconds) => {
      assert.is(seconds, 0)
      return pod.processes().every(({ name }) => name !== 'idle-meter')
    })
  } finally {
    held?.kill()
    await pod.remove()
  }
})

test.run()

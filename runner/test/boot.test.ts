import { statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Pod, sha256, startPod } from './pod.ts'
import { waitFor } from './wait-for.ts'

/** Greets one client on port 7000 and ends, after five minutes at the latest. */
const greeter = `
  require('node:net').createServer((socket) => { socket.end('hello-guest\\n'); process.exitCode = 0; setTimeout(process.exit, 500) })
    .listen(7000, '10.244.77.1')
  setTimeout(process.exit, 300_000)`

/** Twenty connections to the control port that never say a word, for 4 s. */
const strangers = `
  for (let i = 0; i < 20; i++) require('node:net').connect(10777, process.argv[1]).on('error', () => {})
  setTimeout(process.exit, 4_000)`

let pod: Pod
let baseBefore: string

test.before(async () => {
  pod = await startPod({ userData: '#!/bin/sh\necho script-ran >/run/script\n' })
  baseBefore = await sha256(join(pod.folder, 'base/disk.qcow2'))
  await pod.until((state) => state.guest === 'Ready')
})
test.after(() => pod.remove())

test('a guest boots and answers ssh at the pod address, with its key, name and disk', async () => {
  const { stdout } = await pod.ssh('hostname; df -m / | tail -1; ip -4 -o addr show eth0')
  assert.match(stdout, /^web1\n/)
  assert.match(stdout, /10\.244\.77\.7\/24/)
})

test('it boots by BIOS, though its disk would boot by UEFI, too', async () => {
  assert.is.not((await pod.ssh('ls /sys/firmware/efi')).code, 0)
})

test('the guest sees the address of its client', async () => {
  assert.match((await pod.ssh('echo $SSH_CLIENT')).stdout, /^10\.244\.77\.1 /)
})

test('the guest has the DNS server and the search domains of the pod', async () => {
  const { stdout } = await pod.ssh('cat /etc/resolv.conf')
  assert.match(stdout, /nameserver 10\.244\.77\.1/)
  assert.match(stdout, /search lab\.svc\.cluster\.local svc\.cluster\.local/)
})

test('the guest reaches out to the network of the pod', async () => {
  const server = pod.inPeer(process.execPath, '-e', greeter)
  const answer = async () => {
    const { stdout } = await pod.ssh('nc -w 3 10.244.77.1 7000 </dev/null')
    return stdout.includes('hello-guest') ? true : undefined
  }
  await waitFor(answer, 15, () => 'the guest read nothing')
  await server
})

test('the guest pings, and is reached over IPv6, where it sees the address of its client', async () => {
  const ping4 = async () => (await pod.ssh('ping -c 1 -W 3 10.244.77.1')).stdout
  await waitFor(
    async () => (await ping4()).includes(' 1 packets received') || undefined,
    15,
    () => 'no ping over IPv4',
  )
  // passt learns the address that a guest without DHCPv6 has chosen from what the guest sends from it: a ping while that address is
  // still being checked for a second owner comes from the link-local one.
  const checked = "ip -6 -o addr show dev eth0 scope global | grep -v tentative | grep -q 'inet6 fd77:'"
  const ping = async () =>
    (await pod.ssh(`${checked} && ping -6 -c 1 -W 3 fd77::1`)).code === 0 ? true : undefined
  await waitFor(ping, 30, () => 'no ping over IPv6')
  const client = async () => (await pod.ssh('echo $SSH_CLIENT', '', 'fd77::7')).stdout || undefined
  assert.match(await waitFor(client, 30, () => 'no answer over IPv6'), /^fd77::1 /)
})

test('control and probe ports are reached over IPv6, too', async () => {
  assert.match((await pod.control('state', [], pod.key, 'fd77::7')).stdout, /"phase":"Running"/)
  const { stdout } = await pod.inPeer(
    'curl',
    '-s',
    '-m',
    '60',
    '-w',
    '%{http_code}',
    'http://[fd77::7]:10778/started',
  )
  assert.is(stdout, '200')
})

test('the state says what runs, and the probe port follows it', async () => {
  const { phase, reason, message, accelerator, guest } = pod.state() ?? {}
  assert.equal([phase, reason, message, accelerator, guest], ['Running', '', '', 'TCG', 'Ready'])
  assert.is(await pod.probe('/started'), '200')
  assert.is(await pod.probe('/ready'), '200')
  assert.is(await pod.probe('/anything'), '404')
})

const services = [
  { service: 'state', lines: [], answer: /"guest":"Ready"/ },
  {
    service: 'qmp',
    lines: ['{"execute":"qmp_capabilities"}', '{"execute":"query-status"}'],
    answer: /"running": true/,
  },
  { service: 'vnc', lines: [], answer: /RFB 003\.008/ },
  { service: 'console', lines: ['', 'echo 4$((1+1))'], answer: /42/ },
]
for (const { service, lines, answer } of services) {
  test(`the control port leads to ${service} by the server name`, async () => {
    assert.match((await pod.control(service, lines)).stdout, answer)
  })
}

test('the control port refuses a wrong key', async () => {
  const { code, stdout } = await pod.control('state', [], '0'.repeat(64))
  assert.is(code, 1)
  assert.is(stdout, '')
})

test('strangers who stall their handshake do not keep the operator out', async () => {
  const stalled = pod.inPeer(process.execPath, '-e', strangers, pod.address)
  assert.match((await pod.control('state')).stdout, /"phase":"Running"/)
  await stalled
})

test('a paused machine is not ready, and is again once it runs', async () => {
  await pod.control('qmp', ['{"execute":"qmp_capabilities"}', '{"execute":"stop"}'])
  assert.is((await pod.until((state) => state.reason === 'Paused', 10)).guest, 'Booting')
  assert.is(await pod.probe('/ready'), '404')
  assert.is(await pod.probe('/started'), '200')
  await pod.control('qmp', ['{"execute":"qmp_capabilities"}', '{"execute":"cont"}'])
  await pod.until((state) => state.guest === 'Ready' && state.reason === '', 10)
  assert.is(await pod.probe('/ready'), '200')
})

test('the network comes back when its process is killed', async () => {
  const passt = pod.processes().find(({ name }) => name.startsWith('passt'))
  assert.ok(passt)
  process.kill(passt.pid, 'SIGKILL')
  const answer = () => pod.ssh('echo back').then(({ stdout }) => (stdout === 'back\n' ? true : undefined))
  await waitFor(answer, 15, () => pod.log().slice(-2000))
})

test('helpers that die are started again', async () => {
  for (const name of ['stunnel4', 'busybox']) {
    const helper = pod.processes().find((found) => found.name === name)
    assert.ok(helper, `${name} runs`)
    process.kill(helper.pid, 'SIGKILL')
  }
  const answers = async () =>
    (await pod.probe('/started')) === '200' && /Running/.test((await pod.control('state')).stdout)
      ? true
      : undefined
  await waitFor(answers, 15, () => pod.log().slice(-2000))
})

test('a flood on the console fills nothing in the pod', async () => {
  const used = () =>
    ['run', 'overlay'].map((volume) => {
      const { blocks } = statSync(join(pod.folder, volume === 'run' ? 'run/seed.img' : 'overlay/disk.qcow2'))
      return blocks
    })
  const before = used()
  await pod.ssh(
    'dd if=/dev/zero bs=64k count=32 2>/dev/null | tr "\\0" x >/dev/ttyS0; echo flood-is-over >/dev/ttyS0',
  )
  await waitFor(
    () => (pod.log().includes('flood-is-over') ? true : undefined),
    30,
    () => 'the log never got the last line',
  )
  const [run, overlay] = used()
  assert.is(run, before[0])
  assert.ok((overlay ?? 0) - (before[1] ?? 0) < 3072, 'of 2 MiB less than 1.5 are in the overlay')
})

test('SIGTERM powers the guest down and the container ends well', async () => {
  pod.terminate()
  const { code, message } = await pod.ended
  assert.is(code, 0)
  assert.is(JSON.parse(message).reason, 'Terminated')
  assert.match(pod.log(), /Power down/)
})

test('the base image is as it was', async () => {
  assert.is(await sha256(join(pod.folder, 'base/disk.qcow2')), baseBefore)
})

test.run()

import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bootGuest, buildGuest, type Guest, makeRoom } from './guest.ts'
import { until } from './until.ts'

const test = suite('tiny')
const room = makeRoom()
const disk = buildGuest('tiny')
const script = '#!/bin/sh\necho "script ran as $(id -un)"\necho once >>/root/script.log\n'
let guest: Guest

const boot = (overlay: string, seed: Record<string, string>, devices: readonly string[] = []) =>
  bootGuest({ room, disk, user: 'root', memoryMib: 128, overlay, seed, devices })

test.after(() => {
  guest?.kill()
  room.remove()
})

test('takes key, name and script from the seed', async () => {
  guest = await boot('first', {
    'meta-data': `instance-id: "uid-0"\nlocal-hostname: "web1"\npublic-keys:\n  - "${room.publicKey}"\n`,
    'user-data': script,
  })
  console.log(`tiny: ssh after ${(await guest.ready()).toFixed(1)} s`)
  assert.is(await guest.ssh('hostname'), 'web1')
  await until('the script on the console', 60, () => guest.console().includes('script ran as root'))
})

test('grows from 64 MiB to the size of its disk', async () => {
  const mebibytes = Number(await guest.ssh("df -m / | awk 'END { print $2 }'"))
  assert.ok(mebibytes > 4900, `the root has ${mebibytes} MiB of 5120`)
})

test('answers on port 80 with its name and the number of boots', async () => {
  assert.is((await until('http', 60, () => guest.http().catch(() => undefined))).trim(), 'web1 boots=1')
})

test('answers the guest agent protocol', async () => {
  guest.agent.send({ execute: 'guest-ping' })
  await until('guest-ping', 60, () => guest.agent.history.find((message) => message.return !== undefined))
})

test('keeps its files and its host key over a reboot, and runs the script once', async () => {
  const key = await guest.hostKey()
  const bootId = await guest.ssh('cat /proc/sys/kernel/random/boot_id')
  await guest.ssh('mkdir -p /data && echo kept | tee /data/a /root/b /etc/c /home/d >/dev/null && reboot')
  await until('the second boot', 120, async () => {
    const now = await guest.ssh('cat /proc/sys/kernel/random/boot_id').catch(() => bootId)
    return now !== bootId
  })
  assert.is(await guest.ssh('cat /data/a /root/b /etc/c /home/d | uniq'), 'kept')
  assert.is(await guest.hostKey(), key)
  await until(
    'the second page',
    60,
    async () => (await guest.http().catch(() => '')).trim() === 'web1 boots=2',
  )
  assert.is(await guest.ssh('cat /root/script.log'), 'once')
})

test('obeys the power key', async () => {
  guest.qmp.send({ execute: 'system_powerdown' })
  assert.is((await guest.event('SHUTDOWN')).data?.reason, 'guest-shutdown')
  assert.is(await guest.exit(), 0)
  guest.kill()
})

test('is a new machine under a new instance-id, with keys from cloud-config, and reports a panic over ISA', async () => {
  const seed = (instance: string, userData: string) => ({
    'meta-data': `instance-id: ${instance}\nlocal-hostname: ${instance}\n`,
    'user-data': userData,
  })
  const keys = `#cloud-config\nssh_authorized_keys:\n  - ${room.publicKey}\n`
  guest = await boot('second', seed('one', keys), ['pvpanic'])
  await guest.ready()
  const before = await guest.hostKey()
  assert.is(
    await guest.ssh('test -e /data || hostname'),
    'one',
    'a fresh overlay knows nothing of the first VM',
  )
  await guest.ssh('sync; reboot')
  await until('the reboot', 120, () => guest.qmp.history.some((message) => message.event === 'RESET'))
  guest.kill()

  guest = await boot('second', seed('two', keys), ['pvpanic'])
  await guest.ready()
  assert.is(await guest.ssh('hostname'), 'two')
  assert.is.not(await guest.hostKey(), before)
  await panics()
})

test('reports a panic over PCI', async () => {
  guest = await boot('third', { 'meta-data': `instance-id: three\npublic-keys:\n  - ${room.publicKey}\n` }, [
    'pvpanic-pci',
  ])
  await guest.ready()
  await panics()
})

async function panics(): Promise<void> {
  await until('the pvpanic driver', 60, async () => (await guest.ssh('lsmod')).includes('pvpanic_'))
  // The connection dies with the guest.
  await guest.ssh('echo c >/proc/sysrq-trigger').catch(() => {})
  await guest.event('GUEST_PANICKED')
  guest.kill()
}

test.run()

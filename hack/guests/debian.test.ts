import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bootGuest, buildGuest, type Guest, makeRoom } from './guest.ts'
import { until } from './until.ts'

const test = suite('debian')
const room = makeRoom()
const disk = buildGuest('debian')
let guest: Guest

test.after(() => {
  guest?.kill()
  room.remove()
})

test('lets the default user in with the key of the seed', async () => {
  guest = await bootGuest({
    room,
    disk,
    user: 'debian',
    memoryMib: 256,
    overlay: 'debian',
    seed: {
      'meta-data': `instance-id: "uid-0"\nlocal-hostname: "web1"\npublic-keys:\n  - "${room.publicKey}"\n`,
      'user-data': '#!/bin/sh\necho "script ran as $(id -un)"\n',
    },
  })
  console.log(`debian: ssh after ${(await guest.ready()).toFixed(1)} s`)
  assert.is(await guest.ssh('hostname'), 'web1')
  assert.is(await guest.ssh('sudo -n id -un'), 'root')
})

test('has cloud-init end without an error, and the script run', async () => {
  assert.match(await guest.ssh('cloud-init status --wait'), 'status: done')
  assert.match(guest.console(), 'script ran as root')
  assert.is(await guest.ssh('systemctl --failed --plain --no-legend'), '')
})

test('grows its root to the size of its disk', async () => {
  const mebibytes = Number(await guest.ssh('df --output=size -BM / | tail -n 1 | tr -dc 0-9'))
  assert.ok(mebibytes > 4900, `the root has ${mebibytes} MiB of 5120`)
})

test('answers the guest agent protocol', async () => {
  guest.agent.send({ execute: 'guest-ping' })
  await until('guest-ping', 120, () => guest.agent.history.find((message) => message.return !== undefined))
})

test('obeys the power key', async () => {
  guest.qmp.send({ execute: 'system_powerdown' })
  assert.is((await guest.event('SHUTDOWN')).data?.reason, 'guest-shutdown')
  assert.is(await guest.exit(), 0)
})

test.run()

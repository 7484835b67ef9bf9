import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { seedFiles } from '../../operator/instance/desired/seed.ts'
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

/** A network of OpenStack's form: DHCP as without one, and a size of packets that nobody would come to by himself. */
const networkData = JSON.stringify({
  links: [{ id: 'nic0', type: 'phy', ethernet_mac_address: '52:54:00:12:34:56', mtu: 1380 }],
  networks: [{ id: 'pods', link: 'nic0', type: 'ipv4_dhcp' }],
  services: [],
})

/** What the operator writes for a VM with seedFormat ConfigDrive. */
const parent = seedFiles({
  uid: 'parent',
  name: 'web1',
  rebuildGeneration: 0,
  sshAuthorizedKeys: [
    'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHeg0DhyaDgO2NvAEaCPVMrHdKM1BN3hVP7zBvZrL1qK',
    room.publicKey,
  ],
  userData: '#!/bin/sh\necho "script ran as $(id -un)"\n',
  networkData,
  metadata: { role: 'web "1"' },
  defaultUser: 'ada',
  seedFormat: 'ConfigDrive',
})

/** And for one that boots a Snapshot of it, in the other format, and names no user: the keys are for the one that the image names. */
const child = seedFiles({
  uid: 'child',
  name: 'web2',
  rebuildGeneration: 0,
  sshAuthorizedKeys: [room.publicKey],
  metadata: { role: 'child' },
  isOfSnapshot: true,
})

const machine = { room, disk, user: 'ada', memoryMib: 256, overlay: 'debian' }

const identity = async () => ({
  host: await guest.hostKey(),
  ...JSON.parse(
    await guest.ssh(
      `printf '{"name":"%s","machine":"%s","instance":"%s"}' $(hostname) $(cat /etc/machine-id) $(cat /var/lib/cloud/data/instance-id)`,
    ),
  ),
})
let ofParent: Awaited<ReturnType<typeof identity>>

test('lets the user that vendor-data names in with the key of a ConfigDrive', async () => {
  const seed = {
    'openstack/latest/meta_data.json': parent['meta-data'] ?? '',
    'openstack/latest/user_data': parent['user-data'] ?? '',
    'openstack/latest/vendor_data.json': parent['vendor-data'] ?? '',
    'openstack/latest/network_data.json': parent['network-config'] ?? '',
  }
  guest = await bootGuest({ ...machine, seed, label: 'CONFIG-2' })
  console.log(`debian: ssh after ${(await guest.ready()).toFixed(1)} s`)
  assert.is(await guest.ssh('hostname'), 'web1')
  assert.is(await guest.ssh('sudo -n id -un'), 'root')
  assert.is(await guest.ssh('wc -l <.ssh/authorized_keys'), '2')
})

test('has cloud-init end without an error, and the script run', async () => {
  assert.match(await guest.ssh('cloud-init status --wait'), 'status: done')
  assert.match(guest.console(), 'script ran as root')
  assert.is(await guest.ssh('systemctl --failed --plain --no-legend'), '')
})

test('knows the words of the metadata', async () => {
  assert.is(await guest.ssh('sudo cloud-init query ds.meta_data.meta.role'), 'web "1"')
})

test('has the network that the seed describes', async () => {
  assert.is(await guest.ssh('cat /sys/class/net/eth0/mtu'), '1380')
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
  ofParent = await identity()
  guest.qmp.send({ execute: 'system_powerdown' })
  assert.is((await guest.event('SHUTDOWN')).data?.reason, 'guest-shutdown')
  assert.is(await guest.exit(), 0)
})

test('boots a disk that another instance booted, under names and keys of its own', async () => {
  guest = await bootGuest({ ...machine, user: 'debian', seed: child })
  console.log(`debian: ssh after ${(await guest.ready()).toFixed(1)} s on the disk of another`)
  await guest.ssh('cloud-init status --wait')
  const ofChild = await identity()
  assert.equal([ofParent.name, ofParent.instance], ['web1', 'parent-0'])
  assert.equal([ofChild.name, ofChild.instance], ['web2', 'child-0'])
  assert.match(ofChild.machine, /^[0-9a-f]{32}$/)
  assert.is.not(ofChild.machine, ofParent.machine)
  for (const { host } of [ofParent, ofChild]) assert.match(host, /^AAAA/)
  assert.is.not(ofChild.host, ofParent.host)
  assert.is(await guest.ssh('sudo cloud-init query ds.meta_data.meta.role'), 'child')
})

test("lets the image's own default user become root without a password", async () =>
  assert.is(await guest.ssh('id -un; sudo -n id -un'), 'debian\nroot'))

test('shows the log of this boot under the new machine-id', async () => {
  assert.match(
    await guest.ssh('sudo journalctl --unit ssh --boot --lines 20'),
    /Accepted publickey for debian/,
  )
  assert.is(await guest.ssh('systemctl --failed --plain --no-legend'), '')
})

test.run()

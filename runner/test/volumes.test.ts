import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { DiskVolume } from '../../operator/instance/desired/volumes.ts'
import { type Share, startShare } from './nfs/share.ts'
import { type Pod, startPod } from './pod.ts'
import { waitFor } from './wait-for.ts'

const MiB = 1024 ** 2
const file = (name: string, more: Partial<DiskVolume> = {}): DiskVolume => ({
  name,
  claim: name,
  readOnly: false,
  isBlock: false,
  bytes: 64 * MiB,
  ...more,
})

const pods: Pod[] = []
const mounts: string[] = []
const loops: string[] = []
const start = async (...words: Parameters<typeof startPod>): Promise<Pod> => {
  const pod = await startPod(...words)
  pods.push(pod)
  return pod
}
test.after(async () => {
  share?.stop()
  for (const mount of mounts) execFileSync('umount', ['-l', mount])
  for (const pod of pods) await pod.remove()
  for (const loop of loops) execFileSync('losetup', ['-d', loop])
})

/** A loop device over a file, as the kubelet gives a block volume: the node of the host, root's and the group disk's. */
function blockDevice(folder: string, name: string): void {
  const image = join(folder, `${name}.img`)
  writeFileSync(image, '')
  truncateSync(image, 32 * MiB)
  const loop = execFileSync('losetup', ['--find', '--show', image], { encoding: 'utf8' }).trim()
  loops.push(loop)
  const [major = '', minor = ''] = execFileSync('stat', ['-c', '%Hr %Lr', loop], { encoding: 'utf8' })
    .trim()
    .split(' ')
  const node = join(folder, 'devices', `volume-${name}`)
  execFileSync('mknod', [node, 'b', major, minor])
  chownSync(node, 0, 6)
  chmodSync(node, 0o660)
}

/** The guest's disk with this serial number, as /dev/NAME. */
const find = (serial: string) =>
  `for d in /sys/block/vd*; do [ "$(cat $d/serial)" != ${serial} ] || echo /dev/\${d##*/}; done`

let pod: Pod
let share: Share
const disk = () => join(pod.folder, 'volumes/data/disk.img')

test('a guest has its volumes by their serial numbers: a file as large as the claim allows, a block device, one to read', async () => {
  pod = await start({
    volumes: [
      file('data'),
      file('db', { isBlock: true, bytes: 32 * MiB }),
      file('books', { readOnly: true }),
      file('full', { bytes: 0 }),
    ],
    scratch: [
      { name: 'work', size: '32Mi', bytes: 32 * MiB },
      { name: 'swap', size: '16Mi', bytes: 16 * MiB },
    ],
    prepare: (folder) => {
      blockDevice(folder, 'db')
      writeFileSync(join(folder, 'volumes/books/disk.img'), 'once upon a time'.padEnd(4 * MiB, '.'))
      // A small file system, and in it a disk that promises more than there is room for.
      const small = join(folder, 'volumes/full')
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m,mode=2775,gid=1000', 'tmpfs', small])
      mounts.push(small)
      writeFileSync(join(small, 'disk.img'), '')
      chownSync(join(small, 'disk.img'), 1000, 1000)
    },
  })
})

test('a disk of no sectors is refused, and taken when it is mended', async () => {
  const { message } = await pod.until(({ reason }) => reason === 'VolumeInvalid')
  assert.match(message, /disk\.img in volume full has 0 bytes/)
  truncateSync(join(pod.folder, 'volumes/full/disk.img'), 64 * MiB)
  await pod.until(({ guest }) => guest === 'Ready')
  const sizes = await pod.ssh(
    'for d in /sys/block/vd*; do echo "$(cat $d/serial) $(cat $d/size) $(cat $d/ro)"; done',
  )
  const rows = sizes.stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(' '))
    .filter(([name = '']) => /[a-z]/.test(name))
  assert.equal(rows, [
    ['data', String((63 * MiB) / 512), '0'],
    ['db', String((32 * MiB) / 512), '0'],
    ['books', String((4 * MiB) / 512), '1'],
    ['full', String((64 * MiB) / 512), '0'],
    ['work', String((32 * MiB) / 512), '0'],
    ['swap', String((16 * MiB) / 512), '0'],
  ])
})

test('what the guest flushes is in the claim', async () => {
  const write = (serial: string) =>
    `d=$(${find(serial)}); echo kept in ${serial} | dd of=$d conv=fsync 2>/dev/null`
  assert.is((await pod.ssh(`${write('data')}; ${write('db')}`)).code, 0)
  assert.match(readFileSync(disk()).subarray(0, 16).toString(), /^kept in data\n/)
  assert.match(readFileSync(join(pod.folder, 'db.img')).subarray(0, 16).toString(), /^kept in db\n/)
  assert.ok(statSync(disk()).blocks * 512 < 8 * MiB, 'the disk has holes')
  assert.match((await pod.ssh(`head -c 16 $(${find('books')})`)).stdout, /once upon a time/)
})

test('a scratch disk is blank, and swap can be used as it comes', async () => {
  assert.is((await pod.ssh(`tr -d '\\0' <$(${find('work')}) | wc -c`)).stdout.trim(), '0')
  const { stdout, stderr } = await pod.ssh(`busybox swapon $(${find('swap')}) && tail -n +2 /proc/swaps`)
  assert.match(stdout, /^\/dev\/vd\S+ +partition\s+163[78]\d/, stderr)
  await pod.ssh(`echo passing | dd of=$(${find('work')}) conv=fsync 2>/dev/null`)
})

test('a claim without room makes the VM stand still, and loses no write', async () => {
  const fill = pod.ssh(`dd if=/dev/zero of=$(${find('full')}) bs=1M count=16 oflag=direct`)
  await pod.until(({ reason }) => reason === 'VolumeFull')
  // Room comes, and the VM goes on by itself.
  execFileSync('mount', ['-o', 'remount,size=64m', join(pod.folder, 'volumes/full')])
  assert.is((await fill).code, 0)
  await pod.until(({ reason, guest }) => reason === '' && guest === 'Ready', 90)
})

test('a guest mounts a share of the network by itself, reads what is there, and what it writes is on the server', async () => {
  share = startShare(pod)
  writeFileSync(join(share.folder, 'note'), 'from the server')
  assert.is((await pod.ssh(share.unpack, share.modules)).code, 0)
  const { stdout, stderr } = await pod.ssh(
    `${share.mount} && cat /srv/share/note && echo from the guest >/srv/share/answer`,
  )
  assert.is(stdout, 'from the server', stderr)
  assert.is(readFileSync(join(share.folder, 'answer'), 'utf8'), 'from the guest\n')
})

test('the next VM finds what the last one wrote, and the file as it was', async () => {
  const before = statSync(disk()).ino
  await pod.ssh('reboot -f')
  await waitFor(
    async () =>
      (await pod.ssh(`head -c 12 $(${find('data')})`)).stdout.includes('kept in data') ? true : undefined,
    120,
    () => 'the note is gone',
  )
  assert.is(statSync(disk()).ino, before)
})

test('a machine that is paused when it is told to end goes on first, and its guest writes down what it holds', async () => {
  const made = `d=$(${find('data')}); busybox mke2fs $d && mount -t ext2 $d /mnt`
  // Nobody syncs: what is written is in the guest's memory until it powers down.
  const keep = 'echo 0 >/proc/sys/vm/dirty_writeback_centisecs'
  assert.is((await pod.ssh(`${made} && sync && ${keep} && echo unsaved >/mnt/note`)).code, 0)
  await pod.control('qmp', ['{"execute":"qmp_capabilities"}', '{"execute":"stop"}'])
  await pod.until(({ reason }) => reason === 'Paused')
  const note = () => execFileSync('debugfs', ['-R', 'cat /note', disk()], { encoding: 'utf8', stdio: 'pipe' })
  assert.is(note(), '')
  pod.terminate()
  const { code, message } = await pod.ended
  assert.is(code, 0)
  assert.match(message, /powered off, as it was asked to/)
  assert.is(note(), 'unsaved\n')
})

const refused: ReadonlyArray<{
  what: string
  volume: DiskVolume
  prepare: (folder: string) => void
  reason: string
  says: RegExp
}> = [
  {
    what: 'a link in place of the disk',
    volume: file('data'),
    prepare: (folder) => symlinkSync('/control/psk', join(folder, 'volumes/data/disk.img')),
    reason: 'VolumeInvalid',
    says: /not a regular file/,
  },
  {
    what: 'an empty volume that is only to be read',
    volume: file('data', { readOnly: true }),
    prepare: () => {},
    reason: 'VolumeEmpty',
    says: /attach it once without readOnly/,
  },
  {
    what: 'a directory that only root can write to',
    volume: file('data'),
    prepare: (folder) => chownSync(join(folder, 'volumes/data'), 0, 0),
    reason: 'VolumeUnreadable',
    says: /cannot be written by uid 1000/,
  },
  {
    what: 'a device that only root can open',
    volume: file('db', { isBlock: true }),
    prepare: (folder) => {
      mkdirSync(join(folder, 'devices'), { recursive: true })
      blockDevice(folder, 'db')
      chmodSync(join(folder, 'devices/volume-db'), 0o600)
    },
    reason: 'VolumeUnreadable',
    says: /owner and mode 0:6 600\) cannot be opened by uid 1000: set device_ownership/,
  },
]
for (const { what, volume, prepare, reason, says } of refused) {
  test(`the VM waits, and says why: ${what}`, async () => {
    const waiting = await start({ volumes: [volume], prepare })
    const { message } = await waiting.until((state) => state.reason === reason, 20)
    assert.match(message, says)
    assert.is(existsSync(join(waiting.folder, 'overlay/disk.qcow2')), false)
  })
}

test.run()

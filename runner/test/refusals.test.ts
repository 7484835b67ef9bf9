import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { qemuImg, rawDisk } from './images.ts'
import { type Lab, startLab } from './lab.ts'

let lab: Lab
const at = (name: string) => join(lab.files, name)
const MiB = 1024 ** 2

test.before(async () => {
  lab = await startLab()
  rawDisk(at('disk.raw'))
  rawDisk(at('base.raw'))
})
test.after(() => lab.remove())

function patch(file: string, offset: number, bytes: Buffer): void {
  const handle = openSync(file, 'r+')
  writeSync(handle, bytes, 0, bytes.length, offset)
  closeSync(handle)
}

type Refusal = Readonly<{
  name: string
  reason: string
  /** Makes the file that is served as `image`. */
  make: (file: string) => void
  env?: Readonly<Record<string, string>>
  says?: RegExp
}>

const refusals: readonly Refusal[] = [
  {
    name: 'another file than the digest says is refused',
    reason: 'DigestMismatch',
    make: (file) => rawDisk(file),
    env: { WORKER_DIGEST: `sha256:${'0'.repeat(64)}` },
    says: /sha256:0000/,
  },
  {
    name: 'another file than the digest says is called so first, whatever else is wrong with it',
    reason: 'DigestMismatch',
    make: (file) => void qemuImg('create', '-q', '-f', 'qcow2', '-b', at('base.raw'), '-F', 'raw', file),
    env: { WORKER_DIGEST: `sha256:${'0'.repeat(64)}` },
  },
  {
    name: 'another qcow2 than the digest says is refused, though it could be converted',
    reason: 'DigestMismatch',
    make: (file) => void qemuImg('convert', '-c', '-f', 'raw', '-O', 'qcow2', at('disk.raw'), file),
    env: { WORKER_DIGEST: `sha256:${'0'.repeat(64)}` },
  },
  {
    name: 'another file than a SHA-512 digest says is refused',
    reason: 'DigestMismatch',
    make: (file) => rawDisk(file),
    env: { WORKER_DIGEST: `sha512:${'0'.repeat(128)}` },
  },
  {
    name: 'a digest of no known kind is refused',
    reason: 'DigestMismatch',
    make: (file) => rawDisk(file),
    env: { WORKER_DIGEST: 'md5:d41d8cd98f00b204e9800998ecf8427e' },
  },
  {
    name: 'a qcow2 with a backing file is refused',
    reason: 'BackingFile',
    make: (file) => void qemuImg('create', '-q', '-f', 'qcow2', '-b', at('base.raw'), '-F', 'raw', file),
  },
  {
    name: 'a qcow2 whose backing file is a secret of the worker is refused',
    reason: 'BackingFile',
    make: (file) =>
      void qemuImg('create', '-q', '-u', '-f', 'qcow2', '-b', '/control/psk', '-F', 'raw', file, '16M'),
  },
  {
    name: 'a raw disk that begins as a qcow2 with a backing file is refused',
    reason: 'BackingFile',
    make: (file) => {
      qemuImg('create', '-q', '-u', '-f', 'qcow2', '-b', '/etc/passwd', '-F', 'raw', `${file}.q`, '16M')
      rawDisk(file)
      patch(file, 0, readFileSync(`${file}.q`).subarray(0, 512))
      patch(file, 510, Buffer.from([0x55, 0xaa]))
    },
  },
  {
    name: 'a vmdk with a parent is refused',
    reason: 'BackingFile',
    make: (file) => {
      qemuImg('convert', '-f', 'raw', '-O', 'vmdk', at('base.raw'), at('base.vmdk'))
      qemuImg('create', '-q', '-f', 'vmdk', '-b', at('base.vmdk'), '-F', 'vmdk', file)
    },
  },
  {
    name: 'a differencing vhd is refused',
    reason: 'BackingFile',
    make: (file) => {
      qemuImg('convert', '-f', 'raw', '-O', 'vpc', '-o', 'force_size=on', at('disk.raw'), file)
      patch(file, 60, Buffer.from([0, 0, 0, 4]))
    },
  },
  {
    name: 'a qcow2 with an external data file is refused',
    reason: 'ExternalDataFile',
    make: (file) => void qemuImg('create', '-q', '-f', 'qcow2', '-o', `data_file=${file}.data`, file, '16M'),
  },
  {
    name: 'a vmdk that is a descriptor of other files is refused',
    reason: 'ExternalDataFile',
    make: (file) =>
      void qemuImg(
        'convert',
        '-f',
        'raw',
        '-O',
        'vmdk',
        '-o',
        'subformat=monolithicFlat',
        at('disk.raw'),
        file,
      ),
  },
  {
    name: 'a descriptor of other files in the clothes of a sparse vmdk is refused',
    reason: 'ExternalDataFile',
    make: (file) => {
      qemuImg('convert', '-f', 'raw', '-O', 'vmdk', at('disk.raw'), file)
      patch(file, 12, Buffer.alloc(8))
      const descriptor =
        '# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\ncreateType="monolithicFlat"\nRW 32768 FLAT "/control/psk" 0\n'
      patch(file, 512, Buffer.concat([Buffer.from(descriptor), Buffer.alloc(1024)]))
    },
  },
  {
    name: 'a qcow2 that is cut short is refused',
    reason: 'FormatMismatch',
    make: (file) => {
      qemuImg('convert', '-f', 'raw', '-O', 'qcow2', at('disk.raw'), file)
      truncateSync(file, MiB)
    },
  },
  {
    name: 'a qcow2 of nothing but its first bytes is refused',
    reason: 'FormatMismatch',
    make: (file) =>
      writeFileSync(
        file,
        Buffer.concat([Buffer.from('QFI\xfb\0\0\0\x03', 'latin1'), Buffer.alloc(24), randomBytes(4096)]),
      ),
  },
  {
    name: 'a vhdx of nothing but its name is refused',
    reason: 'FormatMismatch',
    make: (file) => writeFileSync(file, Buffer.concat([Buffer.from('vhdxfile'), randomBytes(MiB)])),
  },
  {
    name: 'an encrypted qcow2 is refused',
    reason: 'FormatMismatch',
    make: (file) =>
      void qemuImg(
        ...[
          'create',
          '-q',
          '-f',
          'qcow2',
          '--object',
          'secret,id=s,data=abc',
          '-o',
          'encrypt.format=aes,encrypt.key-secret=s',
        ],
        ...[file, '16M'],
      ),
    says: /encrypted/,
  },
  {
    name: 'gzip data that is damaged in the middle is refused',
    reason: 'FormatMismatch',
    make: (file) => {
      const packed = execFileSync('gzip', ['-c', at('disk.raw')], { maxBuffer: 2 ** 26 })
      packed.fill(0, 500_000, 500_100)
      writeFileSync(file, packed)
    },
    says: /damaged/,
  },
  {
    name: 'a web page is refused',
    reason: 'UnknownFormat',
    make: (file) => writeFileSync(file, '<!DOCTYPE html><title>Sign in</title>'),
    says: /web page/,
  },
  {
    name: 'an image that is compressed twice is refused',
    reason: 'UnknownFormat',
    make: (file) => {
      const once = execFileSync('gzip', ['-c', at('disk.raw')], { maxBuffer: 2 ** 26 })
      writeFileSync(file, execFileSync('xz', ['-c', '-0'], { input: once, maxBuffer: 2 ** 26 }))
    },
    says: /more than once/,
  },
  {
    name: 'a file whose unpacking takes more memory than a worker has is refused',
    reason: 'UnknownFormat',
    make: (file) => execFileSync('sh', ['-c', `head -c 200M /dev/zero | zstd -1 --long=27 -q -o ${file}`]),
    says: /80 MB of memory/,
  },
  { name: 'an empty file is refused', reason: 'UnknownFormat', make: (file) => writeFileSync(file, '') },
  {
    name: 'a disk without a boot sector is refused',
    reason: 'NotBootable',
    make: (file) => writeFileSync(file, randomBytes(MiB).fill(7, 510, 512)),
  },
  {
    name: 'a disk without an EFI system partition is refused where it is to boot by UEFI',
    reason: 'NotBootable',
    make: (file) => rawDisk(file),
    env: { WORKER_FIRMWARE: 'uefi' },
    says: /image cannot boot as it is asked to: it has no EFI system partition, and is to boot by UEFI\./,
  },
  {
    name: 'a disk that boots by UEFI only is refused where it is to boot by BIOS',
    reason: 'NotBootable',
    make: (file) => {
      rawDisk(file)
      patch(file, 450, Buffer.from([0xef]))
    },
    env: { WORKER_FIRMWARE: 'bios' },
    says: /it boots by UEFI only, and is to boot by BIOS\./,
  },
  {
    name: 'a disk that is larger than allowed is refused before it is converted',
    reason: 'ImageTooLarge',
    make: (file) => void qemuImg('create', '-q', '-f', 'qcow2', file, '2G'),
    says: /2048 MiB.*1024 MiB/,
  },
  {
    name: 'a download that is larger than allowed is refused before it is made',
    reason: 'ImageTooLarge',
    make: (file) => {
      rawDisk(file)
      truncateSync(file, 1200 * MiB)
    },
  },
  {
    name: 'a decompression bomb is stopped early',
    reason: 'ImageTooLarge',
    make: (file) => execFileSync('sh', ['-c', `head -c 8G /dev/zero | zstd -1 -q -o ${file}`]),
    env: { WORKER_MAX_BYTES: String(100 * MiB) },
  },
]

for (const { name, reason, make, env, says } of refusals) {
  test(name, async () => {
    make(at('image'))
    const end = await lab.run({ job: 'import-http', env: { WORKER_URL: `${lab.url}/image`, ...env } })
    assert.is(end.outcome.reason, reason, JSON.stringify(end.outcome))
    assert.is(end.code, 2)
    if (says !== undefined) assert.match(end.outcome.message, says)
    assert.not.match(end.outcome.message, /ephemera:/)
    assert.equal(readdirSync(end.target), [], 'nothing is left on the volume')
    execFileSync('rm', ['-f', at('image'), at('image.q')])
  })
}

const addresses = [
  { name: 'the loopback', url: 'http://127.0.0.1/image' },
  { name: 'the loopback as one number', url: 'http://2130706433/image' },
  { name: 'the loopback in hexadecimal', url: 'http://0x7f.1/image' },
  { name: 'the unspecified address', url: 'http://0.0.0.0/image' },
  { name: 'the loopback of IPv6', url: 'http://[::1]/image' },
  { name: 'the loopback of IPv4 within IPv6', url: 'http://[::ffff:127.0.0.1]/image' },
  { name: 'the loopback behind a NAT64 prefix', url: 'http://[64:ff9b::7f00:1]/image' },
  { name: 'the metadata service', url: 'http://169.254.169.254/latest/meta-data/' },
  { name: 'the platform of a host of Azure', url: 'http://168.63.129.16/machine?comp=goalstate' },
  { name: 'a private address', url: 'https://192.168.1.1/image' },
  { name: 'an address of shared space', url: 'http://100.64.1.1/image' },
  { name: 'a unique local address', url: 'http://[fd00::1]/image' },
  { name: 'a link-local address of IPv6', url: 'http://[fe80::1]/image' },
  { name: 'a multicast address', url: 'http://224.0.0.1/image' },
  { name: 'a file', url: 'file:///etc/passwd' },
  { name: 'another protocol', url: 'ftp://198.41.0.4/image' },
  { name: 'a host that hides behind credentials', url: 'http://example.com@127.0.0.1/image' },
]
for (const { name, url } of addresses) {
  test(`a worker does not go to ${name}`, async () => {
    const end = await lab.run({ job: 'import-http', env: { WORKER_URL: url } })
    assert.is(end.outcome.reason, 'AddressRefused', JSON.stringify(end.outcome))
    assert.is(end.code, 2)
  })
}

test('a redirect to an address that is not allowed is not followed', async () => {
  const before = lab.requests().length
  const end = await lab.run({
    job: 'import-http',
    env: { WORKER_URL: `${lab.url}/to/http://127.0.0.1:8080/disk.raw` },
  })
  assert.is(end.outcome.reason, 'AddressRefused', JSON.stringify(end.outcome))
  assert.is(lab.requests().length, before + 1)
})

test('a redirect to a file is not followed', async () => {
  const end = await lab.run({ job: 'import-http', env: { WORKER_URL: `${lab.url}/to/file:///control/psk` } })
  assert.is(end.outcome.reason, 'AddressRefused', JSON.stringify(end.outcome))
})

test('a link in a claim that leads out of it is refused', async () => {
  const source = lab.fresh()
  symlinkSync('/control/psk', join(source, 'disk.img'))
  const end = await lab.run({ job: 'import-claim', source })
  assert.is(end.outcome.reason, 'SourceMissing')
  assert.is(end.code, 2)
})

test('a claim without a disk may get one', async () => {
  const source = lab.fresh()
  mkdirSync(join(source, 'lost+found'))
  const end = await lab.run({ job: 'import-claim', source })
  assert.is(end.outcome.reason, 'SourceMissing')
  assert.is(end.code, 1)
})

test('a volume that holds a disk of somebody else is left alone', async () => {
  const target = lab.fresh()
  rawDisk(join(target, 'disk.qcow2'))
  const end = await lab.run({ job: 'import-http', target, env: { WORKER_URL: `${lab.url}/disk.raw` } })
  assert.is(end.outcome.reason, 'TargetFailed')
  assert.equal(readdirSync(target), ['disk.qcow2'])
})

test.run()

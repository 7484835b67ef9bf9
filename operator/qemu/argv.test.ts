import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { qemuArguments, type VirtualMachine } from './argv.ts'

const vm: VirtualMachine = {
  namespace: 'lab',
  name: 'web1',
  uid: '4f5bd2a1-6a0e-4d0b-9a3c-0f4a4f3c2b1a',
  cpus: 2,
  memoryBytes: 256 * 1024 * 1024,
}

/** The values that follow each use of an option. */
function valuesOf(argv: readonly string[], option: string): string[] {
  return argv.flatMap((word, index) => (word === option ? [argv[index + 1] ?? ''] : []))
}

const rows: ReadonlyArray<{ name: string; vm: VirtualMachine; option: string; want: string[] }> = [
  { name: 'names the process by namespace and name', vm, option: '-name', want: ['lab.web1'] },
  { name: 'gives the guest its memory in KiB', vm, option: '-m', want: ['size=262144k'] },
  {
    name: 'rounds memory that is no whole KiB down, never up',
    vm: { ...vm, memoryBytes: 100_000_000 },
    option: '-m',
    want: ['size=97656k'],
  },
  {
    name: 'gives all CPUs as cores of one socket',
    vm,
    option: '-smp',
    want: ['cpus=2,sockets=1,cores=2,threads=1'],
  },
  { name: 'shows the instance UID to the guest as its UUID', vm, option: '-uuid', want: [vm.uid] },
  { name: 'pins the machine type to a version', vm, option: '-machine', want: ['pc-q35-10.0,vmport=off'] },
  {
    name: 'forbids QEMU to spawn programs or gain privileges',
    vm,
    option: '-sandbox',
    want: ['on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'],
  },
  { name: 'leaves the network backend to the runner', vm, option: '-netdev', want: ['@netdev@'] },
]

for (const row of rows) {
  test(row.name, () => assert.equal(valuesOf(qemuArguments(row.vm), row.option), row.want))
}

const nodes = valuesOf(qemuArguments(vm), '-blockdev').map(
  (json) => JSON.parse(json) as Record<string, unknown>,
)
const node = (name: string) => nodes.find((candidate) => candidate['node-name'] === name)

test('UEFI is in flash: its code cannot be written, and its variables are a file of the pod', () => {
  const argv = qemuArguments({ ...vm, firmware: 'UEFI' })
  const [machine] = valuesOf(argv, '-machine')
  assert.is(machine, 'pc-q35-10.0,vmport=off,pflash0=firmware-code,pflash1=firmware-variables')
  const flash = valuesOf(argv, '-blockdev')
    .map((text) => JSON.parse(text))
    .filter((one) => one['node-name'].startsWith('firmware-'))
  assert.equal(
    flash.map((one) => [one.filename, one['read-only'] === true]),
    [
      ['/usr/share/OVMF/OVMF_CODE_4M.fd', true],
      ['/run/vm/variables.fd', false],
    ],
  )
})

test('all else is the same by either firmware, and no firmware is BIOS', () => {
  const isOfFlash = (word: string) => /firmware-/.test(word)
  const plain = qemuArguments(vm)
  assert.not.ok(plain.some(isOfFlash))
  assert.equal(qemuArguments({ ...vm, firmware: 'BIOS' }), plain)
  const devices = (argv: string[]) => valuesOf(argv, '-device')
  assert.equal(devices(qemuArguments({ ...vm, firmware: 'UEFI' })), devices(plain))
})

test('the base is opened read-only and shared, whatever its format', () => {
  for (const name of ['base-file', 'base']) {
    assert.is(node(name)?.['read-only'], true)
    assert.is(node(name)?.['force-share'], true)
  }
})

test('the overlay is the only writable disk and stands on the base', () => {
  const writable = nodes
    .filter((candidate) => candidate['read-only'] !== true)
    .map((candidate) => candidate['node-name'])
  assert.equal(writable, ['overlay-file', 'disk0'])
  assert.is(node('disk0')?.backing, 'base')
})

test('two instances never share a MAC address, and one keeps its own over rebuilds', () => {
  const mac = (uid: string) => /mac=([0-9a-f:]+)/.exec(qemuArguments({ ...vm, uid }).join(' '))?.[1]
  assert.match(mac(vm.uid) ?? '', /^52:54:00(:[0-9a-f]{2}){3}$/)
  assert.is(mac(vm.uid), mac(vm.uid))
  assert.is.not(mac(vm.uid), mac('another'))
})

test('the accelerator is one word of its own for the runner to expand', () => {
  assert.is(qemuArguments(vm).filter((word) => word === '@accel@').length, 1)
})

test("the guest agent's port has an id, without which QEMU reports nothing of it", () => {
  const [port] = valuesOf(qemuArguments(vm), '-device').filter((device) =>
    device.startsWith('virtserialport'),
  )
  assert.match(port ?? '', /,id=/)
})

test('no argument but the JSON nodes holds a space that a shell could split', () => {
  assert.equal(
    qemuArguments(vm).filter((word) => word.includes(' ')),
    [],
  )
})

test.run()

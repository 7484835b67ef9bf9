import type { Firmware } from '../api/firmware.ts'
import { type Disk, type ScratchDisk, scratchArguments, volumeArguments } from './disks.ts'
import { firmwareNodes, firmwareProperties } from './firmware.ts'
import { macAddress } from './mac.ts'
import { rescuePortArguments } from './rescue.ts'
import { placeholders, sockets } from './sockets.ts'

/** What of an instance shapes QEMU's command line. */
export type VirtualMachine = Readonly<{
  namespace: string
  name: string
  /** The instance's UID: it becomes the SMBIOS UUID and the source of the MAC address. */
  uid: string
  cpus: number
  /** Guest memory in bytes; rounded down to whole KiB. */
  memoryBytes: number
  /** Default: BIOS. */
  firmware?: Firmware | undefined
  /** Disks that outlive the VM. */
  volumes?: readonly Disk[]
  /** Disks beside the first that go with it. */
  scratch?: readonly ScratchDisk[]
}>

/**
 * A versioned machine type: the guest's hardware does not change under it when the runner image is updated, and a
 * saved memory image would still load.
 */
export const machineType = 'pc-q35-10.0'

/**
 * Arguments for each accelerator; the runner picks one at start. `tb-size` is in MiB and nearly all of it becomes resident: 32
 * trades some CPU at boot (a fifth more than 64) for memory (docs/performance.md has the figures).
 */
export const acceleratorArguments = {
  KVM: ['-accel', 'kvm', '-cpu', 'host'],
  TCG: ['-accel', 'tcg,tb-size=32'],
} as const

type BlockNode = Readonly<Record<string, unknown>>

/**
 * The base is opened with force-share, so that it needs no lock and any number of VMs share it. The overlay never
 * outlives its QEMU process (the next start makes a new one), so a guest's flush has nothing to protect it from:
 * no-flush saves the fsync. Snapshots read through QEMU and see what the guest wrote all the same.
 */
const blockNodes: readonly BlockNode[] = [
  {
    driver: 'file',
    'node-name': 'base-file',
    filename: placeholders.baseFile,
    'read-only': true,
    'force-share': true,
  },
  {
    driver: placeholders.baseDriver,
    'node-name': 'base',
    file: 'base-file',
    'read-only': true,
    'force-share': true,
  },
  {
    driver: 'file',
    'node-name': 'overlay-file',
    filename: placeholders.overlayFile,
    discard: 'unmap',
    cache: { 'no-flush': true },
  },
  {
    driver: 'qcow2',
    'node-name': 'disk0',
    file: 'overlay-file',
    backing: 'base',
    discard: 'unmap',
    cache: { 'no-flush': true },
  },
  {
    driver: 'file',
    'node-name': 'seed-file',
    filename: placeholders.seedFile,
    'read-only': true,
  },
  { driver: 'raw', 'node-name': 'seed', file: 'seed-file', 'read-only': true },
]

/**
 * QEMU's arguments for one VM, without the program's name. Pure: the same VM gives the same words in the same order,
 * and the order of devices is part of the guest's hardware, so new devices go to the end.
 */
export function qemuArguments(vm: VirtualMachine): string[] {
  const { firmware = 'BIOS' } = vm
  return [
    ['-name', `${vm.namespace}.${vm.name}`],
    ['-nodefaults', '-no-user-config'],
    ['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'],
    ['-machine', `${machineType},vmport=off${firmwareProperties(firmware)}`],
    [placeholders.accelerator],
    ['-m', `size=${Math.floor(vm.memoryBytes / 1024)}k`],
    ['-smp', `cpus=${vm.cpus},sockets=1,cores=${vm.cpus},threads=1`],
    ['-uuid', vm.uid],
    ['-rtc', 'base=utc'],
    ['-boot', 'menu=off,strict=on'],
    ['-action', 'panic=exit-failure'],
    ...[...blockNodes, ...firmwareNodes(firmware)].map((node) => ['-blockdev', JSON.stringify(node)]),
    ['-device', 'virtio-blk-pci,id=vda,drive=disk0,bootindex=1,werror=enospc'],
    ['-device', 'virtio-blk-pci,id=seed,drive=seed'],
    ['-netdev', placeholders.netdev],
    // No boot ROM: it costs start-up time and a network boot is never wanted.
    ['-device', `virtio-net-pci,id=nic0,netdev=net0,mac=${macAddress(vm.uid)},romfile=`],
    ['-object', 'rng-builtin,id=rng0'],
    ['-device', 'virtio-rng-pci,rng=rng0'],
    // Free pages go back to the node as the guest frees them.
    ['-device', 'virtio-balloon-pci,free-page-reporting=on,deflate-on-oom=on'],
    ['-device', 'vmgenid,guid=auto'],
    ['-device', 'pvpanic-pci'],
    ['-device', 'virtio-serial-pci,id=serialbus'],
    ['-chardev', `socket,id=agent,path=${sockets.agent},server=on,wait=off`],
    // With an id, or QEMU tells nobody that the agent opened it.
    ['-device', 'virtserialport,id=agent,chardev=agent,name=org.qemu.guest_agent.0'],
    [
      '-chardev',
      `socket,id=console,path=${sockets.console},server=on,wait=off,logfile=/dev/stdout,logappend=on`,
    ],
    ['-serial', 'chardev:console'],
    ['-device', 'VGA,vgamem_mb=8'],
    ['-display', `vnc=unix:${sockets.vnc}`],
    ['-chardev', `socket,id=qmp,path=${sockets.qmp},server=on,wait=off`],
    ['-mon', 'chardev=qmp,mode=control'],
    ['-chardev', `socket,id=switch,path=${sockets.switch},server=on,wait=off`],
    ['-mon', 'chardev=switch,mode=control'],
    ...(vm.volumes ?? []).flatMap(volumeArguments),
    ...(vm.scratch ?? []).flatMap(scratchArguments),
    ...rescuePortArguments,
  ].flat()
}

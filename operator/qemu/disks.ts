/** A disk of the guest besides the first. */
export type Disk = Readonly<{
  /** Its serial number, at most 20 characters. */
  name: string
  /** What is opened: a raw file, or a block device. */
  path: string
  isBlock: boolean
  readOnly: boolean
}>

/**
 * QEMU's arguments for a disk that outlives its VM: a guest's flush reaches the disk. Without room the VM stands still, so that
 * no write is lost; other errors go to the guest. QEMU's own lock keeps a second one of the same node from a file.
 */
export function volumeArguments({ name, path, isBlock, readOnly }: Disk): string[][] {
  const id = `volume-${name}`
  const node = {
    driver: isBlock ? 'host_device' : 'file',
    'node-name': id,
    filename: path,
    ...(readOnly ? { 'read-only': true } : { discard: 'unmap' }),
  }
  return [
    ['-blockdev', JSON.stringify(node)],
    ['-device', `virtio-blk-pci,id=${id},drive=${id},serial=${name},werror=enospc`],
  ]
}

/** A disk that is made anew at each start: its name is its serial number, and it is a raw file. */
export type ScratchDisk = Pick<Disk, 'name' | 'path'>

/** QEMU's arguments for a disk that goes with its VM. As with the overlay, a flush has nothing to protect. */
export function scratchArguments({ name, path }: ScratchDisk): string[][] {
  const id = `scratch-${name}`
  const node = {
    driver: 'file',
    'node-name': id,
    filename: path,
    discard: 'unmap',
    cache: { 'no-flush': true },
  }
  return [
    ['-blockdev', JSON.stringify(node)],
    ['-device', `virtio-blk-pci,id=${id},drive=${id},serial=${name},werror=enospc`],
  ]
}

import { type Size, scratchDisks } from '../size.ts'

const mebibyte = 1024 * 1024

type Disks = Pick<Size, 'scratch' | 'swap'>

/** Where a scratch disk is: in the overlay's volume, which is emptied at each start. */
export const scratchPath = (name: string): string => `/overlay/scratch-${name}.img`

/** The most that scratch disks and swap can take on the node, in bytes, with what their files cost besides. */
export const scratchBytes = (size: Disks): number =>
  scratchDisks(size).reduce((sum, { bytes }) => sum + bytes + mebibyte, 0)

/** Scratch disks as the runner takes them: `NAME:BYTES`, with commas between. */
export function scratchVariable(size: Disks): Readonly<Record<string, string>> {
  const disks = scratchDisks(size)
  return disks.length === 0
    ? {}
    : { VM_SCRATCH: disks.map(({ name, bytes }) => `${name}:${bytes}`).join(',') }
}

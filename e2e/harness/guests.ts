import { readFileSync } from 'node:fs'

/** The guests' disk images, as e2e/setup left word of them. */
export type Guest = 'tiny' | 'debian'

/** Path of the qcow2 file of a guest. */
export function diskOf(guest: Guest): string {
  const file = new URL('../../build/e2e.json', import.meta.url)
  const { guests } = JSON.parse(readFileSync(file, 'utf8')) as { guests: Record<Guest, string> }
  return `${guests[guest]}/disk.qcow2`
}

/** In a guest's shell: the device of the volume with this serial number. */
export const deviceOf = (serial: string): string =>
  `/dev/$(basename $(dirname $(grep -lx ${serial} /sys/block/vd*/serial)))`

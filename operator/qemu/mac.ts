import { createHash } from 'node:crypto'

/** The prefix that QEMU's users give to guests' network cards (locally administered). */
const prefix = '52:54:00'

/** A MAC address that stays the same over rebuilds, made from the instance's UID. */
export function macAddress(uid: string): string {
  const digest = createHash('sha256').update(uid).digest()
  const bytes = [...digest.subarray(0, 3)].map((byte) => byte.toString(16).padStart(2, '0'))
  return [prefix, ...bytes].join(':')
}

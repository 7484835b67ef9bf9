import type { DiskControl, VmControl } from '../client.ts'

const unreachable = () => Promise.reject(new Error('no control port in this test'))

/** The control port of a VM that cannot be reached, whatever is asked of it. */
export const unreachableControl: VmControl & DiskControl = {
  state: unreachable,
  setPaused: unreachable,
  hold: unreachable,
  order: unreachable,
  guest: unreachable,
  qmp: unreachable,
  switchDrive: unreachable,
}

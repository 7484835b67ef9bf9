import type { Firmware } from '../api/firmware.ts'
import { runDirectory } from './sockets.ts'

/** UEFI's code in the runner image, from Debian's ovmf: without Secure Boot, which needs a guest's vendor to have signed what it boots. */
const codeFile = '/usr/share/OVMF/OVMF_CODE_4M.fd'

/** The machine's own copy of the variables, which the runner makes at each start. */
const variablesFile = `${runDirectory}/variables.fd`

/** The words of `-machine` for a firmware; none for BIOS, which QEMU brings by itself. */
export const firmwareProperties = (firmware: Firmware): string =>
  firmware === 'UEFI' ? ',pflash0=firmware-code,pflash1=firmware-variables' : ''

/** The flash that UEFI is in. Snapshots and rescues have nothing to do with it. */
export const firmwareNodes = (firmware: Firmware): ReadonlyArray<Readonly<Record<string, unknown>>> =>
  firmware === 'UEFI'
    ? [
        { driver: 'file', 'node-name': 'firmware-code', filename: codeFile, 'read-only': true },
        {
          driver: 'file',
          'node-name': 'firmware-variables',
          filename: variablesFile,
          cache: { 'no-flush': true },
        },
      ]
    : []

/** What a UEFI machine's pod has in its environment, so that the runner makes the variables and looks for what UEFI boots. */
export const firmwareVariable = (firmware: Firmware): Readonly<Record<string, string>> =>
  firmware === 'UEFI' ? { VM_FIRMWARE: 'uefi' } : {}

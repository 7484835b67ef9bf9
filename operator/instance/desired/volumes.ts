import { bytesOf } from '../../api/quantity.ts'
import type { Volume } from '../../api/volumes.ts'
import type { PersistentVolumeClaim } from '../../kube/object.ts'
import { volumesGate } from '../../volume/gate.ts'

/** A volume of a VM, with what of its claim shapes the pod. */
export type DiskVolume = Readonly<{
  name: string
  claim: string
  readOnly: boolean
  isBlock: boolean
  /** Bytes of the claim: the most that a disk in its file system may have. */
  bytes: number
}>

/** The volume over its claim, as both are now. */
export function diskVolume(
  { name, claim, readOnly = false }: Volume,
  live: PersistentVolumeClaim,
): DiskVolume {
  const { spec, status } = live
  const size = status?.capacity?.storage ?? spec?.resources?.requests?.storage ?? '0'
  return { name, claim, readOnly, isBlock: spec?.volumeMode === 'Block', bytes: bytesOf(size) }
}

/** Where the container has a volume: the directory of a file system, or the device itself. */
const mountPath = (name: string): string => `/volumes/${name}`
const devicePath = (name: string): string => `/dev/volume-${name}`

/** What QEMU opens. */
export const diskPath = ({ name, isBlock }: Pick<DiskVolume, 'name' | 'isBlock'>): string =>
  isBlock ? devicePath(name) : `${mountPath(name)}/disk.img`

/**
 * The group `disk`, which has this number on every Linux distribution. The kubelet does not hand block devices to fsGroup:
 * a device in a container has the node's owner, root, and this group, unless containerd's device_ownership_from_security_context is on.
 */
const deviceGroup = 6

const podVolumeName = (name: string): string => `volume-${name}`

/** The parts of a pod that volumes bring with them. All empty without volumes. */
export function volumeParts(all: readonly DiskVolume[]) {
  const files = all.filter(({ isBlock }) => !isBlock)
  const blocks = all.filter(({ isBlock }) => isBlock)
  return {
    gates: all.length === 0 ? {} : { schedulingGates: [{ name: volumesGate }] },
    groups: blocks.length === 0 ? {} : { supplementalGroups: [deviceGroup] },
    volumes: all.map(({ name, claim, readOnly }) => ({
      name: podVolumeName(name),
      persistentVolumeClaim: { claimName: claim, ...(readOnly ? { readOnly } : {}) },
    })),
    mounts: files.map(({ name, readOnly }) => ({
      name: podVolumeName(name),
      mountPath: mountPath(name),
      ...(readOnly ? { readOnly } : {}),
    })),
    devices:
      blocks.length === 0
        ? {}
        : {
            volumeDevices: blocks.map(({ name }) => ({
              name: podVolumeName(name),
              devicePath: devicePath(name),
            })),
          },
    environment: all.length === 0 ? {} : { VM_VOLUMES: all.map(word).join(',') },
  }
}

/** A volume as the runner takes it: `data:file:rw:1073741824`, `db:block:ro:0`. */
const word = ({ name, isBlock, readOnly, bytes }: DiskVolume): string =>
  [name, isBlock ? 'block' : 'file', readOnly ? 'ro' : 'rw', bytes].join(':')

import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import type { Firmware } from '../api/firmware.ts'
import { nbdPort } from '../api/guest-port.ts'
import type { Booted } from '../api/instance-status.ts'
import { labels, labelValues } from '../api/labels.ts'
import type { Config } from '../config.ts'
import { nbdSecretLine } from '../control/key.ts'
import type { Intent, Labels, Pod, Secret } from '../kube/object.ts'
import { workerFirmware } from '../worker/firmware.ts'
import { workerPod } from '../worker/pod.ts'
import { workerFiles, workerSecret } from '../worker/secret.ts'
import { rescueNames } from './names.ts'

const suffix = '-rescue'

/** The worker that brings the rescue image, and its Secret. */
export const rescueWorkerName = (instanceName: string): string => `${instanceName}${suffix}`

/** Not those of the VM: Services and policies that select it are not to find the worker. */
const rescueLabels = ({ metadata }: Pick<EphemeralInstance, 'metadata'>): Labels => ({
  [labels.name]: labelValues.worker,
  [labels.managedBy]: labelValues.managedBy,
  [labels.rescueOf]: metadata.name,
})

/** The name of the instance that a worker rescues; undefined for other pods. */
export const instanceOfRescue = ({ metadata }: Pod): string | undefined => metadata.labels?.[labels.rescueOf]

/** Seconds that one try to bring the image takes at most. */
const deadlineSeconds = 6 * 60 * 60

export type RescueWorkerInput = Readonly<{
  instance: EphemeralInstance
  /** What it brings. */
  boot: Booted
  /** The address of the VM's pod. */
  address: string
  /** The room for the rescue disk in bytes. */
  roomBytes: number
  /** What the VM boots by. */
  firmware: Firmware
  config: Pick<Config, 'runnerImage' | 'runnerImagePullPolicy' | 'nodeLossSeconds'>
}>

/** The pod that writes the image to the rescue disk, from a node that has it. */
export function rescueWorker(input: RescueWorkerInput): Intent<Pod> {
  const { instance, boot, address, roomBytes, firmware, config } = input
  const name = rescueWorkerName(instance.metadata.name)
  const host = address.includes(':') ? `[${address}]` : address
  return workerPod({
    owner: instance,
    name,
    labels: rescueLabels(instance),
    job: 'fill',
    source: boot.claim,
    nbd: { secret: name, files: [workerFiles.nbd] },
    env: {
      NBD: `${host}:${nbdPort}/${rescueNames.export}`,
      ROOM_BYTES: String(roomBytes),
      ...workerFirmware(firmware),
    },
    deadlineSeconds,
    config,
  })
}

/** What it needs and others must not read: the key of its control port, and the one of the VM's NBD port. */
export function rescueSecret(instance: EphemeralInstance, masterKey: Uint8Array): Intent<Secret> {
  return workerSecret({
    owner: instance,
    name: rescueWorkerName(instance.metadata.name),
    labels: rescueLabels(instance),
    masterKey,
    files: { [workerFiles.nbd]: nbdSecretLine(masterKey, instance.metadata.uid ?? '') },
  })
}

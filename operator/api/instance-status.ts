import { z } from 'zod'
import { actions } from './actions.ts'
import { listMap } from './cel.ts'
import { conditions, observedGeneration } from './conditions.ts'
import { drain } from './drain.ts'
import { service } from './expose.ts'
import { firmware } from './firmware.ts'
import { guestInfo } from './guest-info.ts'
import { idle } from './idle.ts'
import { pinnedKeyPairs } from './key-pairs.ts'
import { rescued } from './rescue.ts'

const milliseconds = (what: string) =>
  z.int().min(0).optional().describe(`Milliseconds from the creation of the pod until ${what}.`)

const timings = z
  .object({
    scheduled: milliseconds('it had a node'),
    qemuStarted: milliseconds("QEMU ran the guest's CPUs"),
    guestReady: milliseconds('the guest answered the readiness check'),
  })
  .describe('How long the steps of the last start took, in milliseconds.')

/** The size that a VM runs with. */
export const resolved = z
  .object({
    flavor: z.string().max(253).optional().describe('Name of the flavor that it came from, if any.'),
    cpus: z.int32().describe('Virtual CPUs.'),
    memory: z.string().max(32).describe('RAM of the guest, as a quantity.'),
    disk: z.string().max(32).describe('Size of the disk of the guest, as a quantity.'),
    scratch: z
      .array(
        z.object({
          name: z.string().max(63).describe('Name of the disk.'),
          size: z.string().max(32).describe('Its size, as a quantity.'),
        }),
      )
      .max(8)
      .optional()
      .meta(listMap('name'))
      .describe("Blank disks, the flavor's and those of the spec."),
    swap: z.string().max(32).optional().describe('Size of the swap space, as a quantity.'),
  })
  .describe(
    'The size that the VM runs with, pinned when it was built: later changes of the spec or the flavor wait for a rebuild.',
  )

/** What a VM started from. */
export const booted = z
  .object({
    kind: z.string().max(63).describe('BaseImage, Snapshot or PersistentVolumeClaim.'),
    name: z.string().max(253).describe('Its name.'),
    namespace: z
      .string()
      .max(63)
      .optional()
      .describe("Namespace of the BaseImage, where it is not the VM's own."),
    claim: z.string().max(253).describe('The PersistentVolumeClaim that the disk is read from.'),
    sha256: z
      .string()
      .max(64)
      .optional()
      .describe('SHA-256 of the image in it; absent where the spec names the claim itself.'),
    moves: z
      .int32()
      .min(0)
      .optional()
      .describe(
        'How often the pod was made anew with another claim of the image, to find a node that takes it.',
      ),
    defaultUser: z
      .string()
      .max(32)
      .optional()
      .describe('The user to ssh in as, where the BaseImage says it.'),
    firmware: firmware.optional().describe('What the VM boots by. Absent: BIOS.'),
  })
  .describe(
    'What the VM started from, pinned when it was built: a new content of the image waits for a rebuild.',
  )

/** What the operator has found out about an EphemeralInstance. */
export const instanceStatus = z
  .object({
    observedGeneration,
    phase: z
      .string()
      .max(63)
      .optional()
      .describe(
        'One word for people: Pending, Starting, Booting, Ready, Rebooting, Rescuing, Rescued, Paused, Stopping, Stopped, Shelving, Shelved, Draining, Rebuilding, Expired, Stalled, Succeeded or Failed. Programs look at the conditions.',
      ),
    conditions: conditions
      .optional()
      .describe(
        'What is known: Ready (the guest answered; absent when stopped or paused as asked), Active (QEMU runs), GuestReady (the guest answered), Scheduled (has a node), Reconciling (work goes on), Stalled (somebody has to act), OverlayFull (the guest stands still until the disk of its node has room), Degraded (the VM runs, and something beside it is missing), DrainBlocked (a drain of its node waits for it), RestartRequired (a change waits for a rebuild), Rescued (the rescue system runs and has the disk), Expiring (the instance expires soon, or did).',
      ),
    ip: z
      .string()
      .max(45)
      .optional()
      .describe('The address to ssh to. It changes when the VM is started anew.'),
    ips: z
      .array(z.object({ ip: z.string().max(45).describe('An address of the VM.') }))
      .max(8)
      .optional()
      .meta(listMap('ip'))
      .describe('All addresses of the VM, of both families where the cluster has both.'),
    hostname: z
      .string()
      .max(253)
      .optional()
      .describe(
        "The VM's name in the cluster's DNS, such as web1.instances.lab.svc; the same after each rebuild. It leads to status.ip.",
      ),
    service: service.optional(),
    nodeName: z.string().max(253).optional().describe('The node that the VM runs on.'),
    podName: z.string().max(253).optional().describe('The pod that the VM runs in, in the same namespace.'),
    podUID: z.string().max(63).optional().describe('The UID of that pod: a new one is a new VM.'),
    accelerator: z
      .enum(['KVM', 'TCG'])
      .optional()
      .describe('What runs the guest: KVM (hardware virtualisation) or TCG (emulation in software).'),
    acceleratorReason: z.string().max(1024).optional().describe('Why it is TCG and not KVM.'),
    flavor: z
      .string()
      .max(253)
      .optional()
      .describe("The flavor's name, or cpus/memory/disk where the size is written out, such as 2/1Gi/10Gi."),
    resources: resolved.optional(),
    boot: booted.optional(),
    keyPairs: pinnedKeyPairs,
    rebuildGeneration: z
      .int32()
      .min(0)
      .optional()
      .describe(
        'The spec.rebuildGeneration that runs now. Lower than the one in the spec: the rebuild is under way.',
      ),
    rebootGeneration: z
      .int32()
      .min(0)
      .optional()
      .describe('The spec.rebootGeneration that was carried out last, or needed nothing. Absent: none was.'),
    resetGeneration: z
      .int32()
      .min(0)
      .optional()
      .describe('The spec.resetGeneration that was carried out last, or needed nothing. Absent: none was.'),
    restarts: z
      .int32()
      .min(0)
      .optional()
      .describe(
        'How often a fresh VM took the place of one that powered off or died since the last rebuild.',
      ),
    livenessResets: z
      .int32()
      .min(0)
      .optional()
      .describe(
        'How often the VM was reset since it started, because its guest did not answer. Absent: never.',
      ),
    startedAt: z.iso.datetime().optional().describe("When QEMU last began to run the guest's CPUs."),
    timings: timings.optional(),
    shelved: z
      .object({
        snapshot: z.string().max(253).describe('Name of the Snapshot, in the same namespace.'),
        rebuildGeneration: z
          .int32()
          .min(0)
          .describe('The spec.rebuildGeneration that it is of: a rebuild begins from spec.boot again.'),
      })
      .optional()
      .describe(
        'Where the disk of the VM was kept when powerState was last Shelved, or when the VM last left a drained node under eviction SnapshotThenRecreate. Fresh VMs start from it until the instance is rebuilt or stopped.',
      ),
    drain,
    rescue: rescued,
    actions,
    guest: guestInfo,
    expiresAt: z.iso
      .datetime()
      .optional()
      .describe(
        'When the instance expires, or did, by the ttlSeconds and deadline of spec.expiry as they are now.',
      ),
    idle,
  })
  .describe('What the operator found out. Written by the operator only.')

/** What the operator has found out about an EphemeralInstance. */
export type InstanceStatus = z.infer<typeof instanceStatus>

/** What a VM started from. */
export type Booted = z.infer<typeof booted>

/** What the FLAVOR column shows: the flavor's name, or the inline size as `2/1Gi/10Gi`. */
export function flavorColumn(
  flavor: string | undefined,
  size: Readonly<{ cpus: number; memory: string | number; disk: string | number }>,
): string {
  return flavor ?? `${size.cpus}/${size.memory}/${size.disk}`
}

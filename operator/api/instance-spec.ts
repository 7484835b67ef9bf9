import { z } from 'zod'
import { boot } from './boot.ts'
import { atMostOneOf, exactlyOneOf, rules } from './cel.ts'
import { eviction } from './eviction.ts'
import { expiry, onExpiry } from './expiry.ts'
import { expose } from './expose.ts'
import { guestMetadata } from './guest-metadata.ts'
import { keyPairs } from './key-pairs.ts'
import { liveness } from './liveness.ts'
import { locked, lockRule } from './locked.ts'
import { network } from './network.ts'
import { networkData } from './network-data.ts'
import { onGuestReboot } from './on-guest-reboot.ts'
import { placement } from './placement.ts'
import { ports } from './ports.ts'
import { rebootGeneration, rebuildGeneration, resetGeneration } from './power-counters.ts'
import { readiness } from './readiness.ts'
import { rescue, rescueRule } from './rescue.ts'
import { resources } from './resources.ts'
import { diskNamesDiffer, scratch } from './scratch.ts'
import { securityGroups } from './security-group.ts'
import { seedFormat } from './seed-format.ts'
import { sshAuthorizedKeys } from './ssh-key.ts'
import { userData, userDataFrom } from './user-data.ts'
import { bootedClaimIsNoVolume, volumes } from './volumes.ts'

/** What an EphemeralInstance asks for. */
export const instanceSpec = z
  .object({
    boot,
    flavor: z
      .string()
      .max(253)
      .meta(
        rules({
          rule: "self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')",
          message: 'flavor must be the name of a Flavor: kubectl get flavors lists them',
        }),
      )
      .optional()
      .describe(
        'Name of a Flavor (a size that the administrator offers; kubectl get flavors lists them). Give this or resources. A change takes effect at the next rebuild.',
      ),
    resources: resources
      .optional()
      .describe(
        'The size written out: cpus, memory and disk, all three. Give this or flavor. A change takes effect at the next rebuild.',
      ),
    sshAuthorizedKeys,
    keyPairs,
    userData,
    userDataFrom,
    networkData,
    metadata: guestMetadata,
    seedFormat,
    powerState: z
      .enum(['Running', 'Stopped', 'Paused', 'Shelved'])
      .default('Running')
      .describe(
        "Running, Stopped (the guest is powered down and its pod removed; nothing written in the VM is kept), Paused (the guest's CPUs stand still, memory and disk stay) or Shelved (the disk is kept in a Snapshot and the pod removed; Running starts the VM from that Snapshot). Default Running. Takes effect at once.",
      ),
    rebuildGeneration,
    rebootGeneration,
    resetGeneration,
    rescue: rescue.optional(),
    restartPolicy: z
      .enum(['Always', 'OnFailure', 'Never'])
      .default('Always')
      .describe(
        'What follows when the guest powers off or dies. Always: a fresh VM starts. OnFailure: a fresh VM starts only after a guest panic or a failure of QEMU. Never: it stays down (phase Succeeded or Failed). A fresh VM begins from the boot source. Default Always. A change takes effect at the next rebuild.',
      ),
    onGuestReboot,
    readiness: readiness.optional(),
    liveness,
    ports,
    network: network.optional(),
    expose: expose.optional(),
    securityGroups,
    eviction: eviction.optional(),
    placement: placement.optional(),
    volumes: volumes.optional(),
    scratch: scratch.optional(),
    accelerator: z
      .enum(['Auto', 'KVM', 'TCG'])
      .default('Auto')
      .describe(
        "KVM: hardware virtualisation, and wait for a node that has it. TCG: emulation in software, several times slower, runs anywhere. Auto: KVM where the administrator offers it and it works on the VM's node, else TCG, also when nodes with KVM have no room for a minute and others may; the status says which. Default Auto. A change takes effect at the next rebuild.",
      ),
    expiry: expiry.optional(),
    onExpiry: onExpiry.optional(),
    locked: locked.optional(),
    terminationGracePeriodSeconds: z
      .int32()
      .min(5)
      .max(3600)
      .default(30)
      .describe(
        'Seconds that the guest gets to power down by itself (ACPI power button) when it is stopped, rebuilt or deleted, before it is cut off. 5 to 3600, default 30. A change takes effect at the next rebuild.',
      ),
  })
  .meta(
    rules(
      {
        rule: exactlyOneOf('flavor', 'resources'),
        message:
          'give exactly one of flavor and resources: the name of a Flavor (kubectl get flavors), or cpus, memory and disk written out',
      },
      {
        rule: atMostOneOf('userData', 'userDataFrom'),
        message: 'give at most one of userData and userDataFrom: the user-data itself, or where it is',
      },
      {
        rule: '!has(self.onExpiry) || has(self.expiry)',
        message: 'onExpiry says what happens when expiry comes: set expiry, too, or take onExpiry away',
        fieldPath: '.onExpiry',
      },
      {
        rule: '!has(self.expose) || self.ports.size() > 0',
        message:
          'expose needs ports: list in spec.ports what the Service is to offer, such as {name: ssh, port: 22}',
        fieldPath: '.expose',
      },
      lockRule,
      rescueRule,
      bootedClaimIsNoVolume,
      diskNamesDiffer,
    ),
  )
  .describe('What you ask for. The operator never changes it.')

/** What an EphemeralInstance asks for, with its defaults filled in. */
export type InstanceSpec = z.infer<typeof instanceSpec>

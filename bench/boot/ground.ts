import { diskOf } from '../../e2e/harness/guests.ts'
import { kubectl } from '../../e2e/harness/kubectl.ts'
import { makeNamespace } from '../../e2e/harness/namespace.ts'
import { runnerImage } from '../../e2e/harness/operator.ts'
import { makeSshKey } from '../../e2e/harness/ssh.ts'
import { Workbench } from '../../e2e/harness/workbench.ts'
import type { EphemeralInstance } from '../../operator/api/ephemeral-instance.ts'
import type { Intent } from '../../operator/kube/object.ts'

/** The guest that is measured: sizes in bytes. */
export const guest = { cpus: 1, memoryBytes: 128 * 1024 ** 2, diskBytes: 1024 ** 3 } as const

/** Makes a namespace with the tiny guest's image in the claim `base`. Its volume ties all VMs to one node. */
export async function makeGround(namespace: string): Promise<void> {
  await makeNamespace(namespace)
  const workbench = new Workbench(namespace)
  await workbench.open({ base: 32 }, await runnerImage())
  await workbench.put(diskOf('tiny'), '/claims/base/disk.qcow2')
  // It would share pages with what is measured.
  await kubectl(['delete', 'pod', '-n', namespace, Workbench.podName, '--grace-period=1'])
}

/** A small VM as a user would write it; it ends quickly when it is deleted. */
export function instanceIn(namespace: string): (name: string) => Intent<EphemeralInstance> {
  const { publicKey } = makeSshKey()
  return (name) => ({
    metadata: { name, namespace },
    spec: {
      boot: { claim: 'base' },
      resources: { cpus: guest.cpus, memory: String(guest.memoryBytes), disk: String(guest.diskBytes) },
      sshAuthorizedKeys: [publicKey],
      terminationGracePeriodSeconds: 5,
    } as unknown as EphemeralInstance['spec'],
  })
}

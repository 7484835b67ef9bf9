import { diskOf } from '../../e2e/harness/guests.ts'
import { kubectl } from '../../e2e/harness/kubectl.ts'
import { makeNamespace } from '../../e2e/harness/namespace.ts'
import { runnerImage } from '../../e2e/harness/operator.ts'
import type { SshKey } from '../../e2e/harness/ssh.ts'
import { Workbench } from '../../e2e/harness/workbench.ts'
import type { EphemeralInstance } from '../../operator/api/ephemeral-instance.ts'
import type { Intent } from '../../operator/kube/object.ts'

/** A guest that is measured: sizes in bytes. */
export type Guest = Readonly<{ cpus: number; memoryBytes: number; diskBytes: number }>

/** The guest of the boot benchmark. */
export const guest: Guest = { cpus: 1, memoryBytes: 128 * 1024 ** 2, diskBytes: 1024 ** 3 }

/** Makes a namespace with the tiny guest's image in the claim `base`. Its volume ties all VMs to one node. */
export async function makeGround(namespace: string): Promise<Workbench> {
  await makeNamespace(namespace)
  const workbench = new Workbench(namespace)
  await workbench.open({ base: 32 }, await runnerImage())
  await workbench.put(diskOf('tiny'), '/claims/base/disk.qcow2')
  return workbench
}

/** Takes the workbench away: it would share pages with what is measured. */
export async function clearGround(namespace: string): Promise<void> {
  await kubectl(['delete', 'pod', '-n', namespace, Workbench.podName, '--grace-period=1'])
}

/** A small VM as a user would write it; it ends quickly when it is deleted. */
export function instanceIn(
  namespace: string,
  { publicKey }: SshKey,
): (name: string, guest: Guest) => Intent<EphemeralInstance> {
  return (name, { cpus, memoryBytes, diskBytes }) => ({
    metadata: { name, namespace },
    spec: {
      boot: { claim: 'base' },
      resources: { cpus, memory: mebibytes(memoryBytes), disk: mebibytes(diskBytes) },
      sshAuthorizedKeys: [publicKey],
      terminationGracePeriodSeconds: 5,
    } as unknown as EphemeralInstance['spec'],
  })
}

const mebibytes = (bytes: number) => `${bytes / 1024 ** 2}Mi`

import type { Snapshot } from '../../api/snapshot.ts'
import type { SnapshotSpec } from '../../api/snapshot-spec.ts'
import { snapshots } from '../../api/types.ts'
import type { Lab } from '../../instance/testing/lab.ts'
import type { Path } from '../../instance/testing/paths.ts'
import { findCondition } from '../../kube/conditions.ts'
import { persistentVolumeClaims, pods, secrets } from '../../kube/resource.ts'
import { contentName } from '../children.ts'
import { blockNames } from '../disk/names.ts'

/** The instance and the snapshot of every path. */
const instance = 'web1'
const name = 'golden'

export const createSnapshot = (lab: Lab, named = name, spec: Partial<SnapshotSpec> = {}) =>
  lab.client.create(snapshots, {
    metadata: { name: named, namespace: lab.name },
    spec: { instance, ...spec } as SnapshotSpec,
  })

export const findSnapshot = (lab: Lab, named = name): Promise<Snapshot | undefined> =>
  lab.client.find(snapshots, { namespace: lab.name, name: named })

export const deleteSnapshot = (lab: Lab, named = name) =>
  lab.client.delete(snapshots, { namespace: lab.name, name: named })

/** QEMU of the instance's VM. */
export function qemuOf(lab: Lab) {
  const pod = lab.world.kubelet.store.getByKey(lab.pod(instance))
  return lab.world.kubelet.vms.qemu(pod?.status?.podIP ?? '')
}

/** Whether the guest ran after the moment of this Snapshot: what it wrote then is not in it. */
export const wentOnAfter = (lab: Lab, { metadata }: Snapshot): boolean =>
  lab.world.kubelet.vms.wentOn.has(blockNames(metadata.uid ?? '').filter)

/** In this phase, and with nothing left to do. */
export const settled =
  (phase: string, named = name) =>
  async (lab: Lab): Promise<boolean> => {
    const { status } = (await findSnapshot(lab, named)) ?? {}
    return status?.phase === phase && findCondition(status.conditions, 'Reconciling') === undefined
  }

/** The claims, pods and Secrets that are there besides the instance's own. */
export async function leftIn(lab: Lab): Promise<string[]> {
  const here = { namespace: lab.name }
  const lists = await Promise.all([
    lab.client.list(persistentVolumeClaims, here),
    lab.client.list(pods, here),
    lab.client.list(secrets, here),
  ])
  return lists
    .flatMap(({ items }) => items as readonly { kind: string; metadata: { name: string } }[])
    .map(({ kind, metadata }) => `${kind} ${metadata.name.replace(/-[0-9a-f]{5}$/, '-HASH')}`)
    .filter(
      (one) => ![`Pod ${instance}-vm`, `Secret ${instance}-vm`, 'PersistentVolumeClaim tiny'].includes(one),
    )
    .sort()
}

/** All that matters of the end, without what differs from run to run. */
export async function print(lab: Lab) {
  const found = await findSnapshot(lab)
  const { conditions, source, takenAt, durationMs, claim, guestPauseMs, attempts, ...status } =
    found?.status ?? {}
  const qemu = qemuOf(lab)
  return {
    status,
    conditions: conditions?.map((one) => `${one.type} ${one.status} ${one.reason}`).sort(),
    isTaken: [takenAt, guestPauseMs].map((fact) => fact !== undefined),
    isTimed: durationMs !== undefined,
    claim: claim === undefined ? 'none' : claim === contentName(found as Snapshot) ? 'its own' : 'another',
    finalizers: found?.metadata.finalizers,
    left: await leftIn(lab),
    qemu: qemu === undefined ? 'none' : qemu.isClean ? 'clean' : 'unclean',
    // One moment for each snapshot, however often an operator began anew.
    moments: qemu?.moments.length,
  }
}

const running = async (lab: Lab) => {
  await lab.create(instance)
  await lab.phase(instance, 'Ready')
}
const kept = async (lab: Lab) => {
  await running(lab)
  await createSnapshot(lab)
  await lab.until('the snapshot to be Ready', () => settled('Ready')(lab))
}
const goneFor = async (lab: Lab) =>
  (await findSnapshot(lab)) === undefined && (await leftIn(lab)).length === 0

const broken = { exitCode: 1, reason: 'SourceLost', message: 'The source broke off.' }

/** Every path of the snapshot controller. */
export const paths: readonly Path[] = [
  { name: 'take', before: running, act: (lab) => createSnapshot(lab), settled: settled('Ready'), print },
  {
    name: 'take, with a worker that fails once',
    before: running,
    act: async (lab) => {
      lab.world.kubelet.workers.plan(`${lab.name}/${name}`, broken)
      await createSnapshot(lab)
    },
    settled: settled('Ready'),
    print,
  },
  {
    name: 'target full',
    before: running,
    act: async (lab) => {
      const full = { exitCode: 1, reason: 'NoSpace', message: 'The claim has no room.' }
      lab.world.kubelet.workers.plan(`${lab.name}/${name}`, full, full, full)
      await createSnapshot(lab)
    },
    settled: settled('Failed'),
    print,
  },
  {
    name: 'no agent, and there must be one',
    before: async (lab) => {
      await running(lab)
      const qemu = qemuOf(lab)
      if (qemu !== undefined) qemu.agentIsSilent = true
    },
    act: (lab) => createSnapshot(lab, name, { quiesce: 'Required' }),
    settled: settled('Failed'),
    print,
  },
  { name: 'delete', before: kept, act: (lab) => deleteSnapshot(lab), settled: goneFor, print },
  {
    name: 'delete of one to be retained',
    before: async (lab) => {
      await running(lab)
      await createSnapshot(lab, name, { retain: true })
      await lab.until('the snapshot to be Ready', () => settled('Ready')(lab))
    },
    act: (lab) => deleteSnapshot(lab),
    settled: async (lab) => (await findSnapshot(lab)) === undefined,
    print,
  },
  {
    name: 'cancel',
    before: async (lab) => {
      await running(lab)
      const made = await createSnapshot(lab)
      // Its worker never ends.
      lab.world.kubelet.holdAt(`${lab.name}/${contentName(made)}`, 'running')
      await lab.until('the moment to be fixed', () => qemuOf(lab)?.exports.size === 1)
    },
    act: (lab) => deleteSnapshot(lab),
    settled: goneFor,
    print,
  },
]

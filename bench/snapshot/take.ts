import { client } from '../../e2e/harness/client.ts'
import { waitFor } from '../../e2e/harness/wait-for.ts'
import type { Snapshot, SnapshotStatus } from '../../operator/api/snapshot.ts'
import type { SnapshotSpec } from '../../operator/api/snapshot-spec.ts'
import { snapshots } from '../../operator/api/types.ts'
import { findCondition } from '../../operator/kube/conditions.ts'

/** Takes a snapshot and waits until it is Ready and nothing of the work is left; throws with its reason where it fails. */
export async function take(
  namespace: string,
  name: string,
  instance: string,
  quiesce: SnapshotSpec['quiesce'],
): Promise<SnapshotStatus> {
  const spec = { instance, quiesce } as SnapshotSpec
  await client.apply(snapshots, { metadata: { name, namespace }, spec })
  const look = () => client.get(snapshots, { namespace, name })
  const isOver = ({ status }: Snapshot) =>
    (status?.phase === 'Ready' || status?.phase === 'Failed') &&
    findCondition(status.conditions, 'Reconciling') === undefined
  const { status = {} } = await waitFor(`snapshot ${name}`, 300, look, isOver)
  if (status.phase === 'Ready') return status
  throw new Error(`snapshot ${name}: ${findCondition(status.conditions, 'Stalled')?.message}`)
}

/** Deletes it, and waits until it and its claim are gone. */
export async function drop(namespace: string, name: string): Promise<void> {
  await client.delete(snapshots, { namespace, name })
  const look = () => client.find(snapshots, { namespace, name })
  await waitFor(`snapshot ${name} to be gone`, 60, look, (found) => found === undefined)
}

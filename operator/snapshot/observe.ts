import type { Snapshot } from '../api/snapshot.ts'
import type { DiskControl } from '../control/client.ts'
import type { ControlTarget } from '../control/connect.ts'
import { controlKey } from '../control/key.ts'
import { summaryOf } from '../copy/summary.ts'
import { childName } from '../instance/children.ts'
import type { Pod } from '../kube/object.ts'
import { isControlledBy } from '../kube/owner.ts'
import type { WorkerControl } from '../worker/control.ts'
import { workerControlKey } from '../worker/secret.ts'
import type { WorkerState } from '../worker/state.ts'
import { viewWorker } from '../worker/view.ts'
import { contentName } from './children.ts'
import { isBroken, lookAtDisk } from './disk/disk.ts'
import { blockNames } from './disk/names.ts'
import type { DiskView, Observed } from './observed.ts'
import { aheadOf, inheritedMemoryOf, lineageOf, othersOf, type Sources, usersOf } from './sources.ts'
import { endOf } from './verdict.ts'

export type ObserveDependencies = Readonly<{
  sources: Sources
  control: DiskControl & WorkerControl
  masterKey: Uint8Array
  now: () => Date
}>

/** Reads all that a decision about this snapshot rests on. What is in no store: the words of QEMU and of the worker. */
export async function observe(snapshot: Snapshot, dependencies: ObserveDependencies): Promise<Observed> {
  const { sources, now } = dependencies
  const { namespace } = snapshot.metadata
  const { instance: name } = snapshot.spec
  const instance = sources.instances.get(namespace, name)
  const vm = sources.pods.get(namespace, childName(name))
  const worker = sources.pods.get(namespace, contentName(snapshot))
  const lineage = snapshot.status?.lineage ?? lineageOf(instance, sources)
  return {
    snapshot,
    instance,
    vm,
    claim: sources.claims.get(namespace, contentName(snapshot)),
    worker,
    state: worker === undefined ? undefined : await askWorker(snapshot, worker, dependencies),
    disk: needsDisk(snapshot, worker) ? await askQemu(snapshot, vm, dependencies) : { kind: 'unasked' },
    ahead: aheadOf(snapshot, sources),
    others: othersOf(snapshot, sources),
    users: usersOf(snapshot, sources),
    lineage,
    copies: summaryOf(snapshot, sources).copies,
    inheritedMemory: inheritedMemoryOf(snapshot, lineage, sources),
    now: now(),
  }
}

/** The control port of the VM that the snapshot is of; undefined where that VM is gone. */
export function targetOf(
  snapshot: Snapshot,
  vm: Pod | undefined,
  masterKey: Uint8Array,
): ControlTarget | undefined {
  const { source } = snapshot.status ?? {}
  const host = vm?.status?.podIPs?.[0]?.ip
  if (source === undefined || host === undefined || vm?.metadata.uid !== source.podUID) return undefined
  const over = vm.status?.phase === 'Succeeded' || vm.status?.phase === 'Failed'
  return over ? undefined : { host, key: controlKey(masterKey, source.instanceUID) }
}

/** While a worker copies, the VM is left alone; QEMU is asked when there is none, or when it failed. */
function needsDisk(snapshot: Snapshot, worker: Pod | undefined): boolean {
  if (snapshot.status?.takenAt === undefined || endOf(snapshot) !== undefined) return false
  if (snapshot.metadata.deletionTimestamp !== undefined) return false
  return worker === undefined || viewWorker(worker).outcome?.kind === 'failed'
}

async function askQemu(
  snapshot: Snapshot,
  vm: Pod | undefined,
  { control, masterKey }: ObserveDependencies,
): Promise<DiskView> {
  const target = targetOf(snapshot, vm, masterKey)
  if (target === undefined) return { kind: 'unreachable', message: 'its pod has no address' }
  try {
    const graph = await lookAtDisk(control, target)
    const names = blockNames(snapshot.metadata.uid ?? '')
    return { kind: 'seen', graph, isBroken: await isBroken(control, target, graph, names) }
  } catch (error) {
    return { kind: 'unreachable', message: error instanceof Error ? error.message : String(error) }
  }
}

/** Undefined when there is nothing to ask, or it cannot be reached: then the pod's own status has to do. */
async function askWorker(
  snapshot: Snapshot,
  pod: Pod,
  { control, masterKey }: ObserveDependencies,
): Promise<WorkerState | undefined> {
  const { terminating, runningSince, ips, name } = viewWorker(pod)
  const [host] = ips
  if (terminating || runningSince === undefined || host === undefined || !isControlledBy(pod, snapshot))
    return undefined
  try {
    return await control.workerState({ host, key: workerControlKey(masterKey, snapshot, name) })
  } catch {
    return undefined
  }
}

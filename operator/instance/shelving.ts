import { findCondition } from '../kube/conditions.ts'
import { standingOf } from '../snapshot/keep.ts'
import { keeping } from './expiring.ts'
import type { Observed } from './observed.ts'
import type { PodView } from './pod-view.ts'
import { judgePod } from './running.ts'
import { shelvedOf } from './shelved.ts'
import { down, no, type Verdict } from './verdict.ts'

/** Its disk is kept or worthless, and it has no other that outlives it: nothing is left for the guest to do. */
const graceSeconds = 2

/** powerState is Shelved: the VM is kept in a Snapshot, and then its pod goes. */
export function shelved(observed: Observed, pod: PodView | undefined): Verdict | undefined {
  const { instance, kept } = observed
  if (instance.spec.powerState !== 'Shelved') return undefined
  const known = shelvedOf(instance)
  if (pod === undefined) return { ...down('Shelved', 'Shelved', atRestAs(known?.snapshot)), atRest: true }
  if (pod.terminating) {
    const isOurs = findCondition(instance.status?.conditions, 'Active')?.reason === 'Shelved'
    return isOurs ? down('Stopping', 'Shelved', 'The pod of the shelved VM goes.') : undefined
  }
  const snapshot = keeping(observed, `Taken because powerState of ${instance.metadata.name} is Shelved.`)
  const end = { kind: 'delete', podUID: pod.uid } as const
  const gone = pod.writesVolumes ? end : { ...end, graceSeconds }
  if (snapshot === undefined)
    return { ...down('Stopping', 'Shelved', atRestAs(known?.snapshot)), action: gone }
  const { name } = snapshot.metadata
  const { atRest: _, passing: __, ...verdict } = judgePod(observed, pod)
  switch (standingOf(kept)) {
    case 'kept':
      return {
        ...down('Stopping', 'Shelved', `The disk is kept in Snapshot ${name}; the pod goes.`),
        shelved: { snapshot: name, rebuildGeneration: instance.spec.rebuildGeneration },
        action: gone,
      }
    case 'lost': {
      const why = findCondition(kept?.status?.conditions, 'Stalled')?.message ?? 'it is being deleted.'
      return { ...verdict, ...notShelved(`Snapshot ${name} failed: ${why}`) }
    }
    case 'underWay':
    case 'absent': {
      const message = `Snapshot ${name} of the VM is being taken; when it is complete the pod goes.`
      const under: Verdict = { ...verdict, phase: 'Shelving', guestReady: no('Shelving', message) }
      if (verdict.action !== undefined || kept !== undefined) return under
      return { ...under, action: { kind: 'keep', snapshot } }
    }
  }
}

function atRestAs(snapshot: string | undefined): string {
  return snapshot === undefined
    ? 'There is no VM, and none ran whose disk could be kept: Running starts a fresh one from the boot source.'
    : `There is no VM; its disk is kept in Snapshot ${snapshot}, from which Running starts it again.`
}

/** The VM was to be shelved and cannot be kept in a Snapshot: it runs on, and somebody has to decide. */
export function notShelved(why: string): Pick<Verdict, 'phase' | 'stalled'> {
  const message = `The VM was to be shelved and runs on, because it could not be kept. ${why} Delete the failed Snapshot, and another one is taken; or set powerState to Running.`
  return { phase: 'Stalled', stalled: { reason: 'NotKept', message } }
}

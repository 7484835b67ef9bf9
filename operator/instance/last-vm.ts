import type { Reason } from '../api/reasons.ts'
import { findCondition } from '../kube/conditions.ts'
import type { Observed } from './observed.ts'

/** The VM that the instance had last, for the generation that its spec asks for now. */
export type LastVm = Readonly<{
  podUID: string
  /** Fresh VMs since the last rebuild, up to this one. */
  restarts: number
  /** When it began to run, or else when its pod was made. Undefined: nobody knows any more. */
  since: Date | undefined
}>

/** Reasons of Active under which the operator itself takes a pod away. It writes them before it does. */
export const ownEndings: ReadonlySet<string> = new Set<Reason>([
  'Stopping',
  'Stopped',
  'Expired',
  'Shelved',
  'SpecChanged',
  'Rebuilding',
  'Moving',
  'KVMTaken',
  'Relocating',
  'VolumeTaken',
])

/** Whether the operator took this pod away, or is about to. */
export function isEndedByUs({ instance: { status } }: Pick<Observed, 'instance'>, podUID: string): boolean {
  const reason = findCondition(status?.conditions, 'Active')?.reason
  return status?.podUID === podUID && ownEndings.has(reason ?? '')
}

/** Undefined: there was none, or it ended because the operator ended it, so that none was lost. */
export function lastVm(observed: Pick<Observed, 'instance' | 'made'>): LastVm | undefined {
  const { instance, made } = observed
  const { spec, status } = instance
  const last =
    made !== undefined && made.podUID !== status?.podUID
      ? made
      : status?.podUID === undefined
        ? undefined
        : {
            podUID: status.podUID,
            rebuildGeneration: status.rebuildGeneration,
            restarts: status.restarts ?? 0,
          }
  if (last === undefined || last.rebuildGeneration !== spec.rebuildGeneration) return undefined
  const { podUID, restarts } = last
  if (isEndedByUs(observed, podUID)) return undefined
  return { podUID, restarts, since: sinceOf(observed, podUID) }
}

function sinceOf(
  { instance: { status }, made }: Pick<Observed, 'instance' | 'made'>,
  podUID: string,
): Date | undefined {
  const times = [
    status?.podUID === podUID && status.startedAt !== undefined ? Date.parse(status.startedAt) : Number.NaN,
    made?.podUID === podUID ? made.at.getTime() : Number.NaN,
  ].filter((time) => !Number.isNaN(time))
  return times.length === 0 ? undefined : new Date(Math.max(...times))
}

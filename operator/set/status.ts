import type { InstanceSetStatus, SetConditionType } from '../api/instance-set.ts'
import { mostUnavailable } from '../api/instance-set-spec.ts'
import type { SetReason } from '../api/set-reasons.ts'
import { type Condition, removeCondition, setConditions } from '../kube/conditions.ts'
import type { Refusal } from './act.ts'
import { selectorOf } from './desired.ts'
import type { Observed } from './observed.ts'

/** What a condition says, but for its type and times. */
type Finding = Readonly<{ status: 'True' | 'False'; reason: SetReason; message: string }>

/** The whole status that follows from what there is, and from what was refused. */
export function statusOf(observed: Observed, refusal: Refusal | undefined, now: Date): InstanceSetStatus {
  const { set, members, hash } = observed
  const observedGeneration = set.metadata.generation ?? 0
  const replicas = members.filter(({ role }) => role === 'replica')
  const ready = replicas.filter(({ isReady }) => isReady).length
  const findings = findingsOf(observed, refusal)
  const wanted = Object.entries(findings).flatMap(([type, finding]) =>
    finding === undefined ? [] : [{ type, ...finding, observedGeneration }],
  )
  const gone = Object.keys(findings).filter((type) => !wanted.some((one) => one.type === type))
  const kept = gone.reduce<readonly Condition[]>(
    (list, type) => removeCondition(list, type),
    set.status?.conditions ?? [],
  )
  return {
    observedGeneration,
    replicas: replicas.length,
    readyReplicas: ready,
    availableReplicas: ready,
    updatedReplicas: replicas.filter(({ isUpdated }) => isUpdated).length,
    warmReplicas: members.filter(({ role, isReady, isUpdated }) => role === 'spare' && isReady && isUpdated)
      .length,
    selector: selectorOf(set),
    templateHash: hash,
    conditions: [...setConditions(kept, wanted, now.getTime())],
  }
}

/** The status of a set whose spec this version does not understand: what is known of it stays as it is. */
export function invalidStatus({ set }: Pick<Observed, 'set'>, message: string, now: Date): InstanceSetStatus {
  const observedGeneration = set.metadata.generation ?? 0
  const say = (type: SetConditionType, status: 'True' | 'False') => ({
    type,
    status,
    reason: 'SpecInvalid' satisfies SetReason,
    message,
    observedGeneration,
  })
  const kept = removeCondition(set.status?.conditions, 'Reconciling')
  const wanted = [say('Ready', 'False'), say('Stalled', 'True')]
  return { ...set.status, observedGeneration, conditions: [...setConditions(kept, wanted, now.getTime())] }
}

function findingsOf(
  observed: Observed,
  refusal: Refusal | undefined,
): Record<SetConditionType, Finding | undefined> {
  const { set, members } = observed
  const { replicas: wanted } = set.spec
  const replicas = members.filter(({ role }) => role === 'replica')
  const ready = replicas.filter(({ isReady }) => isReady).length
  const most = mostUnavailable(set.spec)
  const work = workOf(observed)
  const stall = refusal ?? stallOf(observed)
  const isReady = ready >= wanted && (work === undefined || work.reason === 'WarmingUp')
  const asItIs = isOutdated(observed) ? ('UpdateWaiting' as const) : ('AllReady' as const)
  const good = asItIs === 'AllReady' ? 'All replicas are Ready.' : waiting(observed)
  return {
    Ready: isReady
      ? { status: 'True', reason: asItIs, message: good }
      : { status: 'False', ...(stall ?? work ?? { reason: 'Scaling', message: good }) },
    Available: {
      status: wanted - ready <= most ? 'True' : 'False',
      reason: work?.reason ?? asItIs,
      message: `${ready} of ${wanted} replicas are Ready; at most ${most} may be missing.`,
    },
    Reconciling: work === undefined || stall !== undefined ? undefined : { status: 'True', ...work },
    Stalled: stall === undefined ? undefined : { status: 'True', ...stall },
  }
}

const isOutdated = ({ members }: Observed): boolean => members.some(({ isUpdated }) => !isUpdated)

const waiting = ({ members, set }: Observed): string => {
  const outdated = members.filter(({ isUpdated }) => !isUpdated).length
  return `All replicas are Ready. ${outdated} of ${members.length} instances are of a former template; updateStrategy of ${set.metadata.name} is OnDelete: delete them, and fresh ones take their places.`
}

/** What goes on, if anything does. */
function workOf(observed: Observed): Readonly<{ reason: SetReason; message: string }> | undefined {
  const { set, members } = observed
  const { replicas: wanted, warm = 0, updateStrategy } = set.spec
  const replicas = members.filter(({ role }) => role === 'replica')
  const spares = members.filter(({ role }) => role === 'spare')
  const ready = replicas.filter(({ isReady }) => isReady).length
  const updated = replicas.filter(({ isUpdated }) => isUpdated).length
  const told = `${ready} of ${wanted} replicas are Ready`
  if (isOutdated(observed) && updateStrategy?.type !== 'OnDelete')
    return {
      reason: 'RollingOut',
      message: `${updated} of ${wanted} replicas are of the template as it is, ${ready} are Ready.`,
    }
  if (replicas.length !== wanted) return { reason: 'Scaling', message: `${told}, ${replicas.length} exist.` }
  if (ready < wanted) {
    const troubled = replicas.find(({ stalled, isReady }) => stalled !== undefined && !isReady)
    const trouble = troubled === undefined ? '' : ` ${troubled.name}: ${troubled.stalled}`
    return { reason: 'ReplicasNotReady', message: `${told}.${trouble}` }
  }
  const warmed = spares.filter(({ isReady }) => isReady).length
  if (spares.length === warm && warmed === warm) return undefined
  return { reason: 'WarmingUp', message: `All replicas are Ready, and ${warmed} of ${warm} spares.` }
}

/** All that is left to wait for waits for somebody to act. */
function stallOf({ set, members }: Observed): Readonly<{ reason: SetReason; message: string }> | undefined {
  const { replicas: wanted } = set.spec
  const replicas = members.filter(({ role }) => role === 'replica')
  const waited = replicas.filter(({ isReady }) => !isReady)
  const [first] = waited
  if (first === undefined || replicas.length < wanted) return undefined
  if (!waited.every(({ stalled }) => stalled !== undefined)) return undefined
  const message = `${waited.length} of ${wanted} replicas cannot get Ready. ${first.name}: ${first.stalled}`
  return { reason: 'ReplicasStalled', message }
}

import { annotations } from '../api/annotations.ts'
import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import { labels } from '../api/labels.ts'
import { ephemeralInstances } from '../api/types.ts'
import type { KubeClient } from '../kube/client.ts'
import { isAlreadyExists, isConflict, isForbidden, isInvalid, isNotFound, KubeError } from '../kube/errors.ts'
import type { Plan } from './decide.ts'
import { desiredInstance, instanceName } from './desired.ts'
import type { KnownInstances } from './known.ts'
import type { Observed } from './observed.ts'
import { slowStart } from './slow-start.ts'

export type ActDependencies = Readonly<{ client: KubeClient; known: KnownInstances; now: () => Date }>

/** What the API server does not let be done, with its words. */
export type Refusal = Readonly<{ reason: 'QuotaExceeded' | 'InstanceRefused'; message: string }>

/** What can be done about one instance. */
type Deed = 'label' | 'let go of' | 'delete' | 'make'

type Step = Readonly<{ deed: Deed; name: string; run: () => Promise<void> }>

/** What became of a plan. */
export type Acted = Readonly<{
  /** Names of instances that were made, in the order of their numbers. */
  made: readonly string[]
  /** What was refused first. */
  refusal: Refusal | undefined
  /** Something changed under our hands, or there is more to do: look again soon. */
  again: boolean
}>

/** Calls under way at once for one set. */
const mostAtOnce = 16
/** Instances made in one go; then the set looks again, and other sets have their turn. */
const mostMade = 100

/**
 * Carries out a plan, those things first that bring a guest to those who wait for one. Each may be done again without harm. Throws
 * KubeError where a retry may help.
 */
export async function act(
  plan: Plan,
  observed: Observed,
  dependencies: ActDependencies,
  signal: AbortSignal,
): Promise<Acted> {
  const made: string[] = []
  const stops: unknown[] = []
  let again = plan.create.length > mostMade
  for (const steps of stepsOf(plan, observed, dependencies, signal)) {
    const { error } = await slowStart(steps, mostAtOnce, async ({ deed, name, run }) => {
      try {
        await run()
        if (deed === 'make') made.push(name)
      } catch (error) {
        // Somebody was faster, or the cache lags behind.
        if (isNotFound(error) || isConflict(error) || isAlreadyExists(error)) again = true
        else throw refusalOf(error, `to ${deed} EphemeralInstance ${name}`)
      }
    })
    if (error !== undefined) stops.push(error)
  }
  const failure = stops.find((stop) => !(stop instanceof Refused))
  if (failure !== undefined) throw failure
  const refused = stops.find((stop) => stop instanceof Refused)
  const inOrder = plan.create.map(({ ordinal }) => instanceName(observed.set, ordinal))
  return { made: inOrder.filter((name) => made.includes(name)), refusal: refused?.refusal, again }
}

/** In groups, of which each is begun when the one before has ended. */
function stepsOf(
  plan: Plan,
  { set, hash, claimed }: Observed,
  { client, known, now }: ActDependencies,
  signal: AbortSignal,
): Step[][] {
  const { namespace } = set.metadata
  const patch = async (name: string, metadata: object) =>
    known.note(await client.mergePatch(ephemeralInstances, { namespace, name }, { metadata }, { signal }))
  const create = async (intent: ReturnType<typeof desiredInstance>) => {
    try {
      known.note(await client.create(ephemeralInstances, intent, { signal }))
    } catch (error) {
      if (isAlreadyExists(error)) await look(intent.metadata.name)
      throw error
    }
  }
  /** One that the cache does not show has the name: ours, where the answer was lost, or somebody's. */
  const look = async (name: string) => {
    const target = { namespace, name }
    const live: EphemeralInstance | undefined = await client.find(ephemeralInstances, target, { signal })
    if (live !== undefined) known.note(live)
  }
  return [
    plan.assign.map(({ member: { name, uid, resourceVersion, role: before }, role }) => ({
      deed: 'label',
      name,
      run: () => {
        // Its time in use begins: until now nobody was to use it.
        const taken = before === 'spare' && role === 'replica' ? now().toISOString() : undefined
        return patch(name, {
          uid,
          resourceVersion,
          labels: { [labels.setRole]: role },
          ...(taken === undefined ? {} : { annotations: { [annotations.takenAt]: taken } }),
        })
      },
    })),
    claimed.map(({ metadata: { name, uid, resourceVersion, ownerReferences = [] } }) => ({
      deed: 'let go of',
      name,
      run: () => {
        const others = ownerReferences.filter((reference) => reference.uid !== set.metadata.uid)
        return patch(name, { uid, resourceVersion, ownerReferences: others })
      },
    })),
    plan.remove.map(({ member: { name, uid, resourceVersion } }) => ({
      deed: 'delete',
      name,
      run: async () => {
        // Of the very version that was looked at: one that was taken out of the set meanwhile is none of ours.
        await client.delete(ephemeralInstances, { namespace, name }, { uid, resourceVersion, signal })
        known.noteGoing(uid)
      },
    })),
    plan.create.slice(0, mostMade).map((one) => {
      const intent = desiredInstance(set, hash, one)
      return { deed: 'make', name: intent.metadata.name, run: () => create(intent) }
    }),
  ]
}

/** Ends a series of calls of which one was refused. */
class Refused extends Error {
  override readonly name = 'Refused'
  readonly refusal: Refusal
  constructor(refusal: Refusal) {
    super(refusal.message)
    this.refusal = refusal
  }
}

function refusalOf(error: unknown, what: string): unknown {
  if (!(error instanceof KubeError) || (!isForbidden(error) && !isInvalid(error))) return error
  const reason = error.message.includes('exceeded quota') ? 'QuotaExceeded' : 'InstanceRefused'
  return new Refused({ reason, message: `The API server refuses ${what}: ${error.message}` })
}

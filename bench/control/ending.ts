import { ephemeralInstances } from '../../operator/api/types.ts'
import { pods, secrets } from '../../operator/kube/resource.ts'
import { type Call, tally } from './audit.ts'
import { atRate } from './creation.ts'
import { field, type Ground } from './ground.ts'
import { play } from './player.ts'
import { untilQuiet } from './quiet.ts'

/** What the ends of some instances cost: the operator's writes, and what was left of them (which should be nothing). */
export type Ending = Readonly<{ writes: readonly Call[]; leftovers: readonly string[] }>

/** Deletes these instances, and waits until their pods are gone. */
export async function endOf(ground: Ground, names: readonly string[]): Promise<Ending> {
  const observer = await ground.observe()
  const collector = await play('collector', ground.server)
  ground.calls()
  await atRate(names.length, 'burst', (index) =>
    ground.client.delete(ephemeralInstances, { namespace: field, name: names[index] ?? '' }),
  )
  const gone = () => names.every((name) => !observer.pods.has(`${name}-vm`))
  await observer.until('the pods of deleted instances to be gone', gone, 180)
  const calls = await untilQuiet(ground)
  await collector.stop()
  const children = new Set(names.map((name) => `${name}-vm`))
  const left = [
    (await ground.client.list(pods, { namespace: field })).items,
    (await ground.client.list(secrets, { namespace: field })).items,
  ]
  const leftovers = left.flat().map(({ kind, metadata }) => `${kind} ${metadata.name}`)
  return {
    writes: tally(calls).writes,
    leftovers: leftovers.filter((one) => children.has(one.split(' ')[1] ?? '')),
  }
}

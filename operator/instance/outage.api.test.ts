import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { pods } from '../kube/resource.ts'
import { reflectorsAlive } from '../runtime/health.ts'
import type { Lab } from './testing/lab.ts'
import type { TestOperator } from './testing/operator.ts'
import { Tap, type Trouble } from './testing/tap.ts'
import { World } from './testing/world.ts'

/**
 * Ten minutes without an API server, as the operator sees it, on a clock that is faster than real: timeouts, waits and the
 * watch for silence with it. The cluster itself goes on meanwhile.
 */
const speed = 10
const outageSeconds = 600
/** Seconds of that clock until work is taken up again: a minute of the operator's own waits, and half a real one of a busy machine. */
const mostSeconds = 60 + 30 * speed

let world: World
test.before(async () => {
  world = await World.start(speed)
})
test.after(() => world?.stop())

const outages: ReadonlyArray<{ name: string; trouble: Trouble }> = [
  { name: 'refuses connections', trouble: 'away' },
  { name: 'takes calls and does not answer', trouble: 'frozen' },
  { name: 'answers 503', trouble: { status: 503 } },
  { name: 'asks to come back later', trouble: { status: 429, retryAfterSeconds: 10 } },
]

const uidOf = async (lab: Lab, name: string) =>
  (await lab.client.find(pods, { namespace: lab.name, name: `${name}-vm` }))?.metadata.uid

/** Waits for that much of the world's time, and looks again and again that a kubelet would let the operator live. */
async function pass(lab: Lab, operator: TestOperator, seconds: number): Promise<void> {
  const { clock } = lab.world
  const end = clock.monotonic() + seconds * 1000
  const alive = reflectorsAlive(operator.reflectors)
  await lab.until('the outage to be long enough', () => {
    assert.is(alive.check(), undefined)
    return clock.monotonic() > end
  })
}

async function goThrough(lab: Lab, trouble: Trouble): Promise<number> {
  const { clock, kubelet, server } = lab.world
  const tap = await Tap.start(server, lab.name)
  const operator = await lab.operator({}, { at: tap, allFast: true })
  for (const name of ['calm', 'hurt', 'off', 'gone']) await lab.create(name)
  for (const name of ['calm', 'hurt', 'off', 'gone']) await lab.phase(name, 'Ready')
  const calm = await uidOf(lab, 'calm')
  // This one is half made when it begins.
  kubelet.holdAt(lab.pod('half'), 'running')
  await lab.create('half')
  await lab.until('the pod of half', () => kubelet.made(lab.pod('half')) > 0)

  tap.trouble(trouble)
  await lab.create('fresh')
  await lab.change('off', { spec: { powerState: 'Stopped' } })
  await lab.delete('gone')
  await kubelet.evict(lab.pod('hurt'))
  kubelet.holdAt(lab.pod('half'), 'ready')
  await pass(lab, operator, outageSeconds)
  assert.is(kubelet.made(lab.pod('fresh')), 0, 'it was away')
  assert.is(await uidOf(lab, 'calm'), calm)

  const back = clock.monotonic()
  tap.trouble()
  const isGoing = (name: string) =>
    kubelet.store.getByKey(lab.pod(name))?.metadata.deletionTimestamp !== undefined
  const isGone = (name: string) => kubelet.store.getByKey(lab.pod(name)) === undefined || isGoing(name)
  await lab.until('the pod of fresh', () => kubelet.made(lab.pod('fresh')) === 1)
  await lab.until('off to be stopped', () => isGone('off'))
  await lab.until('hurt to be restarted', () => kubelet.made(lab.pod('hurt')) === 2)
  const seconds = (clock.monotonic() - back) / 1000
  for (const name of ['fresh', 'half', 'hurt']) await lab.phase(name, 'Ready')
  await lab.phase('off', 'Stopped')
  assert.is(await uidOf(lab, 'calm'), calm)
  assert.is(await lab.get('gone'), undefined)
  for (const name of ['calm', 'half', 'fresh']) assert.is(kubelet.made(lab.pod(name)), 1, name)
  assert.is(kubelet.made(lab.pod('hurt')), 2)
  await operator.crash()
  await tap.stop()
  return seconds
}

test('ten minutes without an API server: no VM is touched, and soon afterwards all that waited is taken up', async () => {
  const labs = await Promise.all(outages.map((_, index) => world.lab(`outage-${index}`)))
  const took = await Promise.all(outages.map(({ trouble }, index) => goThrough(labs[index] as Lab, trouble)))
  const story = outages.map(
    ({ name }, index) => `${name}: work resumed ${took[index]?.toFixed(0)} s after it was back`,
  )
  console.log(story.join('\n'))
  assert.ok(Math.max(...took) < mostSeconds, story.join('\n'))
  assert.equal(world.kubelet.vms.doubles, [])
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { leases, namespaces, pods } from '../kube/resource.ts'
import type { Lab } from './testing/lab.ts'
import { OperatorProcess } from './testing/operator-process.ts'
import { type Passed, Tap } from './testing/tap.ts'
import { World } from './testing/world.ts'

/**
 * Two operators as processes, taking turns over a Lease. Each goes through a tap of its own, so that what it wrote is known
 * whatever it believes of itself.
 */
let world: World
let lab: Lab
const log: Passed[] = []
const taps: Tap[] = []
const running = new Set<OperatorProcess>()

test.before(async () => {
  world = await World.start(1)
  await world.client.create(namespaces, { metadata: { name: 'ephemera-system' } })
  lab = await world.lab('lab')
})
test.after(async () => {
  for (const operator of running) operator.kill('SIGKILL')
  await Promise.all([...running].map((operator) => operator.exited))
  await Promise.all(taps.map((tap) => tap.stop()))
  await world?.stop()
})

/** The default. A shorter one would be lost on a busy machine; most waits below are for it to run out. */
const leaseSeconds = 15

let count = 0
async function start(): Promise<{ name: string; operator: OperatorProcess }> {
  const name = `operator-${++count}`
  const tap = await Tap.start(world.server, name, log)
  taps.push(tap)
  const operator = await OperatorProcess.start(world.server, tap, [`--lease-seconds=${leaseSeconds}`])
  running.add(operator)
  void operator.exited.then(() => running.delete(operator))
  await lab.until(`${name} to be ready`, () => operator.isReady())
  return { name, operator }
}

/** What was written about instances and their children, in order; not the Lease, nor what every replica offers at its start. */
const deeds = () =>
  log.filter(
    ({ method, path, status }) =>
      method !== 'GET' && status < 400 && path.includes(`/namespaces/${lab.name}/`),
  )

/** The names of those who acted, each as often as it was its turn. */
const turns = () =>
  deeds()
    .map(({ from }) => from)
    .filter((from, index, all) => from !== all[index - 1])

const uids = async (): Promise<Map<string, string>> => {
  const { items } = await world.client.list(pods, { namespace: lab.name })
  return new Map(items.map(({ metadata }) => [metadata.name, metadata.uid ?? '']))
}

/** None of these VMs was touched. */
async function assertUntouched(before: ReadonlyMap<string, string>): Promise<void> {
  const now = await uids()
  for (const [name, uid] of before) assert.is(now.get(name), uid, name)
}

/** Seconds until an instance that is created now has its pod. */
async function served(name: string): Promise<number> {
  const started = performance.now()
  await lab.create(name)
  await lab.until(`the pod of ${name}`, () => world.kubelet.made(lab.pod(name)) > 0)
  return (performance.now() - started) / 1000
}

let leader: Awaited<ReturnType<typeof start>>
let other: Awaited<ReturnType<typeof start>>

test('of two operators one works, and the other waits with its caches filled', async () => {
  leader = await start()
  await lab.until('the first to lead', () => leader.operator.hasLed)
  other = await start()
  for (const name of ['a1', 'a2', 'a3']) await lab.create(name)
  for (const name of ['a1', 'a2', 'a3']) await lab.phase(name, 'Ready')
  assert.not(other.operator.hasLed)
  assert.equal(turns(), [leader.name])
})

test('after a crash the other takes over, and no VM is touched', async () => {
  const before = await uids()
  leader.operator.kill('SIGKILL')
  console.log(`failover after a crash: ${(await served('b1')).toFixed(1)} s`)
  await lab.phase('b1', 'Ready')
  assert.equal(turns(), [leader.name, other.name])
  await assertUntouched(before)
})

test('after a clean stop the other takes over at once', async () => {
  leader = other
  other = await start()
  const before = await uids()
  leader.operator.kill('SIGTERM')
  const seconds = await served('c1')
  console.log(`failover after a clean stop: ${seconds.toFixed(1)} s`)
  assert.is(await leader.operator.exited, 0)
  await lab.phase('c1', 'Ready')
  assert.equal(turns().slice(-2), [leader.name, other.name])
  await assertUntouched(before)
})

test('a leader that stood still while the other took over does nothing more, and ends', async () => {
  leader = other
  other = await start()
  const before = await uids()
  leader.operator.kill('SIGSTOP')
  await served('d1')
  await lab.phase('d1', 'Ready')
  // There is work for it in what its sockets hold, and more comes.
  const seen = log.length
  leader.operator.kill('SIGCONT')
  await served('d2')
  assert.is(await leader.operator.exited, 1)
  assert.equal(
    log
      .slice(seen)
      .filter(({ from, method, status }) => from === leader.name && method !== 'GET' && status < 400),
    [],
  )
  await assertUntouched(before)
})

test('a leader whose event loop is busy for longer than the lease keeps it, and nobody else acts', async () => {
  leader = other
  other = await start()
  const lease = () => world.client.get(leases, { namespace: 'ephemera-system', name: 'ephemera-operator' })
  const renewed = async () => Date.parse((await lease()).spec?.renewTime ?? '')
  const begun = await renewed()
  const letGo = leader.operator.holdUp()
  await lab.until(
    'renewals for longer than a lease',
    async () => (await renewed()) - begun > 1500 * leaseSeconds,
  )
  const acted = deeds().length
  await lab.create('g1')
  letGo()
  await lab.phase('g1', 'Ready')
  assert.not(other.operator.hasLed)
  assert.ok(
    deeds()
      .slice(acted)
      .every(({ from }) => from === leader.name),
  )
})

test('while the API server is away no VM is touched and nobody ends; afterwards work goes on', async () => {
  const before = await uids()
  const writes = deeds().length
  await world.server.down()
  await lab.until('the leader to know that it is cut off', () =>
    leader.operator.output.includes('"leading":false'),
  )
  await world.server.up()
  const started = performance.now()
  const seconds = await served('e1')
  await lab.phase('e1', 'Ready')
  console.log(
    `after the API server came back: pod after ${seconds.toFixed(1)} s, Ready after ${((performance.now() - started) / 1000).toFixed(1)} s`,
  )
  assert.not(leader.operator.hasExited)
  assert.not(other.operator.hasExited)
  await assertUntouched(before)
  const since = deeds()
    .slice(writes)
    .filter(({ path }) => !path.includes('/events'))
  assert.is(since.filter(({ method }) => method === 'POST').length, 2, 'one Secret and one pod')
  assert.ok(since.every(({ method, path }) => method === 'POST' || path.includes('/e1/')))
  assert.ok(since.every(({ from }) => from === leader.name))
})

test('an operator that starts while the API server is away waits for it', async () => {
  for (const { operator } of [leader, other]) operator.kill('SIGKILL')
  await world.server.down()
  const tap = await Tap.start(world.server, 'late', log)
  taps.push(tap)
  const operator = await OperatorProcess.start(world.server, tap)
  running.add(operator)
  await lab.until('it to say that it waits', () => operator.output.includes('The API server is waited for'))
  assert.not(await operator.isReady())
  await world.server.up()
  await lab.until('it to be ready', () => operator.isReady())
  await served('f1')
  assert.not(operator.hasExited)
})

test('in the whole of it no two ever acted at the same time', () => {
  const order = turns()
  assert.equal(order, [...new Set(order)])
})

test.run()

import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { KubeClient } from './client.ts'
import { type Connection, fixedConnection } from './connection.ts'
import { LeaderElection } from './lease.ts'
import { LeaseThread } from './lease-thread.ts'
import type { Lease } from './object.ts'
import type { KubeTelemetry } from './telemetry.ts'
import { FakeApiServer } from './testing/fake-apiserver.ts'
import { type LeaderAnswer, type LeaderOrder, leaseOf } from './testing/leader-process.ts'
import { until } from './testing/until.ts'

const path = '/apis/coordination.k8s.io/v1/leases'

let server: FakeApiServer
let client: KubeClient
let stop: AbortController
let directory: string
const children = new Set<ChildProcess>()
const rivals: LeaderElection[] = []
const threads: LeaseThread[] = []

test.before.each(async () => {
  server = new FakeApiServer()
  stop = new AbortController()
  client = new KubeClient({ connection: fixedConnection(await server.listen()) })
  directory = mkdtempSync(join(tmpdir(), 'ephemera-lease-'))
})
test.after.each(async () => {
  stop.abort()
  for (const child of children) {
    const ended = new Promise((resolve) => child.on('exit', resolve))
    if (child.exitCode === null && child.kill('SIGKILL')) await ended
  }
  children.clear()
  for (const one of [...threads.splice(0), ...rivals.splice(0)]) await one.release()
  await client.close()
  await server.close()
  rmSync(directory, { recursive: true })
})

const lease = () => server.world.get(path, 'lab', 'operator') as Lease | undefined
const holder = () => lease()?.spec?.holderIdentity

/** Seconds of a lease that is waited for, and of one that must not run out, however slow the machine is. */
const [short, long] = [3, 120]

/** A process that leads, what it says, and how to speak to it. */
async function leader(where: 'thread' | 'loop', leaseSeconds = short, stuckSeconds = 600) {
  const said: LeaderAnswer[] = []
  const child = fork(join(import.meta.dirname, 'testing/leader-process.ts'), [
    ...[where, server.url, 'a'],
    ...[leaseSeconds, stuckSeconds].map(String),
  ])
  children.add(child)
  child.on('message', (answer: LeaderAnswer) => said.push(answer))
  const heard = (event: string) => said.some((answer) => 'event' in answer && answer.event === event)
  const tell = (order: LeaderOrder) => child.send(order)
  await until('it leads', () => heard('leads'))
  const isLeading = async () => {
    const before = said.length
    tell({ ask: 'isLeading' })
    const answer = () => said.slice(before).find((one) => 'isLeading' in one)
    await until('it says whether it leads', () => answer() !== undefined)
    return answer()?.isLeading
  }
  return { child, tell, heard, isLeading }
}

/** Holds the loop of a leader up. @returns lets it go */
async function holdUp({ tell, heard }: Awaited<ReturnType<typeof leader>>): Promise<() => void> {
  const file = join(directory, 'busy')
  writeFileSync(file, '')
  tell({ holdUpWhile: file })
  await until('it is held up', () => heard('held'))
  return () => rmSync(file)
}

/** Another candidate, in this process; `led` once it does. */
function rival(leaseSeconds = short): { led: boolean; election: LeaderElection } {
  const election = new LeaderElection({ ...leaseOf(leaseSeconds), identity: 'b', client })
  rivals.push(election)
  const one = { led: false, election }
  void election.acquire(stop.signal).then((leads) => {
    one.led = leads
  })
  return one
}

/** Waits until the lease was renewed so often after now. */
async function renewed(times: number): Promise<void> {
  const seen = new Set<string | undefined>()
  await until(`${times} renewals`, () => seen.add(lease()?.spec?.renewTime).size > times)
}

test('a leader whose event loop is busy renews the lease all the same', async () => {
  const first = await leader('thread', long)
  const second = rival(long)
  const letGo = await holdUp(first)
  await renewed(10)
  assert.is(holder(), 'a')
  letGo()
  assert.is(await first.isLeading(), true)
  assert.not(second.led)
  assert.is(lease()?.spec?.leaseTransitions, 0)
})

test('without the thread it would lose the lease: what this is for', async () => {
  const first = await leader('loop')
  const second = rival()
  const letGo = await holdUp(first)
  await until('the other leads', () => second.led)
  letGo()
  assert.is(await first.isLeading(), false)
  await until('it knows', () => first.heard('lost'))
})

test('one whose event loop never comes back lets the lead go, and knows it if it does', async () => {
  const first = await leader('thread', short, 5)
  const second = rival()
  const letGo = await holdUp(first)
  await until('the other leads', () => second.led)
  letGo()
  assert.is(await first.isLeading(), false)
  await until('it knows', () => first.heard('lost'))
})

test('a process that stood still as a whole does not lead when it comes to', async () => {
  const first = await leader('thread')
  const second = rival()
  first.child.kill('SIGSTOP')
  await until('the other leads', () => second.led)
  first.child.kill('SIGCONT')
  assert.is(await first.isLeading(), false)
  await until('it knows', () => first.heard('lost'))
})

test('a release leaves the lease to the next one at once, and nothing behind', async () => {
  const first = await leader('thread', long)
  const second = rival(long)
  first.tell({ ask: 'release' })
  await until('it is released', () => first.heard('released'))
  assert.is(holder() === '' || holder() === 'b', true)
  assert.is(await first.isLeading(), false)
  await until('the other leads', () => second.led, long / 2)
  assert.not(first.heard('lost'))
})

function here(
  entry = '../lease-worker.ts',
  told: KubeTelemetry[] = [],
  connection: Connection = fixedConnection(server.url),
): LeaseThread {
  const thread = new LeaseThread({
    ...leaseOf(long),
    releaseMs: 60_000,
    identity: 'c',
    entry: new URL(entry, import.meta.url),
    connection,
    emit: (one) => told.push(one),
  })
  threads.push(thread)
  return thread
}

test('what happens in the thread is told', async () => {
  const told: KubeTelemetry[] = []
  const thread = here(undefined, told)
  server.fault(() => true, { status: 500 })
  assert.is(await thread.acquire(stop.signal), true)
  const hasTold = (type: string) => told.some((one) => one.type === type)
  await until('the lead is told of', () => told.some((one) => one.type === 'leadership' && one.leading))
  await until('the calls are told of', () => hasTold('request') && hasTold('leaseFailed'))
  await thread.release()
  assert.ok(told.some((one) => one.type === 'leadership' && !one.leading))
})

test('a token that was rotated reaches the thread', async () => {
  let token = 'one'
  const credentials = async () => ({ headers: { Authorization: `Bearer ${token}` }, tls: {} })
  const thread = here(undefined, [], { server: server.url, namespace: 'lab', credentials })
  assert.is(await thread.acquire(stop.signal), true)
  token = 'two'
  await until('it is used', () => server.requests.at(-1)?.headers.authorization === 'Bearer two')
  assert.is(thread.isLeading, true)
})

test('waiting for the lead ends with the signal', async () => {
  const second = rival()
  await until('the other leads', () => second.led)
  const thread = here()
  const waiting = thread.acquire(stop.signal)
  await until('it asked', () => server.requests.some(({ headers }) => headers['user-agent'] !== undefined))
  stop.abort()
  assert.is(await waiting, false)
  await thread.release()
})

test('a thread that can not run is an error, not a wait', async () => {
  const failure = await here('../no-such-file.ts')
    .acquire(stop.signal)
    .then(
      () => 'none',
      (error: Error) => error.message,
    )
  assert.match(failure, /no-such-file/)
})

test.run()

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
import { type LeaderAnswer, type LeaderOrder, shortLease } from './testing/leader-process.ts'
import { until } from './testing/until.ts'

const path = '/apis/coordination.k8s.io/v1/leases'

let server: FakeApiServer
let client: KubeClient
let stop: AbortController
let directory: string
const children = new Set<ChildProcess>()
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
  await Promise.all(threads.splice(0).map((thread) => thread.release()))
  await client.close()
  await server.close()
  rmSync(directory, { recursive: true })
})

const lease = () => server.world.get(path, 'lab', 'operator') as Lease | undefined
const holder = () => lease()?.spec?.holderIdentity

/** A process that leads, what it says, and how to speak to it. */
async function leader(where: 'thread' | 'loop') {
  const said: LeaderAnswer[] = []
  const child = fork(join(import.meta.dirname, 'testing/leader-process.ts'), [where, server.url, 'a'])
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

/** Holds the loop of a leader up until `over`. @returns lets it go */
function holdUp({ tell }: Awaited<ReturnType<typeof leader>>): () => void {
  const file = join(directory, 'busy')
  writeFileSync(file, '')
  tell({ holdUpWhile: file })
  return () => rmSync(file)
}

/** Another candidate, in this process; `led` once it does. */
function rival(): { led: boolean; election: LeaderElection } {
  const election = new LeaderElection({ ...shortLease, identity: 'b', client })
  const one = { led: false, election }
  void election.acquire(stop.signal).then((leads) => {
    one.led = leads
  })
  return one
}

/** Waits until the lease was renewed for one and a half times its own length after now. */
async function renewedForLong(): Promise<void> {
  const at = () => Date.parse(lease()?.spec?.renewTime ?? '')
  const begun = at()
  await until('renewals for longer than a lease', () => at() - begun > 4_500, 20)
}

test('a leader whose event loop is busy for longer than the lease keeps it', async () => {
  const first = await leader('thread')
  const second = rival()
  const letGo = holdUp(first)
  await renewedForLong()
  assert.is(holder(), 'a')
  letGo()
  assert.is(await first.isLeading(), true)
  assert.not(second.led)
  assert.is(lease()?.spec?.leaseTransitions, 0)
})

test('without the thread it would lose the lease: what this is for', async () => {
  const first = await leader('loop')
  const second = rival()
  const letGo = holdUp(first)
  await until('the other leads', () => second.led)
  letGo()
  assert.is(await first.isLeading(), false)
  await until('it knows', () => first.heard('lost'))
  await second.election.release()
})

test('one whose event loop never comes back lets the lead go, and knows it if it does', async () => {
  const first = await leader('thread')
  const second = rival()
  const letGo = holdUp(first)
  await until('the other leads', () => second.led, 30)
  letGo()
  assert.is(await first.isLeading(), false)
  await until('it knows', () => first.heard('lost'))
  await second.election.release()
})

test('a process that stood still as a whole does not lead when it comes to', async () => {
  const first = await leader('thread')
  const second = rival()
  first.child.kill('SIGSTOP')
  await until('the other leads', () => second.led)
  first.child.kill('SIGCONT')
  assert.is(await first.isLeading(), false)
  await until('it knows', () => first.heard('lost'))
  await second.election.release()
})

test('a release leaves the lease to the next one at once, and nothing behind', async () => {
  const first = await leader('thread')
  const second = rival()
  first.tell({ ask: 'release' })
  await until('it is released', () => first.heard('released'))
  assert.is(holder() === '' || holder() === 'b', true)
  assert.is(await first.isLeading(), false)
  await until('the other leads', () => second.led, 2)
  assert.not(first.heard('lost'))
  await second.election.release()
})

function here(
  entry = '../lease-worker.ts',
  told: KubeTelemetry[] = [],
  connection: Connection = fixedConnection(server.url),
): LeaseThread {
  const thread = new LeaseThread({
    ...shortLease,
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
  await until('the lead is told of', () => told.some((one) => one.type === 'leadership' && one.leading))
  assert.ok(told.some((one) => one.type === 'leaseFailed'))
  assert.ok(told.some((one) => one.type === 'request'))
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
  await second.election.release()
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

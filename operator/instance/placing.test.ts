import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Condition } from '../api/conditions.ts'
import { content, record, view } from '../copy/testing/build.ts'
import type { ClaimView } from '../copy/views.ts'
import { decide } from './decide.ts'
import type { Observed } from './observed.ts'
import { ago, instance, observed, onNode, podOf, preparing } from './testing/build.ts'

const own = content.claim
const copy = (number: number) => `${own}-c${number}`
const boot = { image: content.name }
const boots = { kind: content.kind, name: content.name, claim: own, sha256: content.sha256 }
const conflict =
  '0/2 nodes are available: 1 Insufficient memory, 1 node(s) had volume node affinity conflict.'
const readyAt = ago(60)

/** A pod of the VM, on this claim, that the scheduler said this of. */
function pod(claim: string, secondsOld: number, message: string | undefined, moves = 0) {
  const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }
  const status = message === undefined ? {} : { conditions: [condition] }
  return podOf(instance({ boot }), status as never, 0, secondsOld, { ...boots, claim, moves })
}

const seen = (claims: readonly ClaimView[], more: Partial<Observed> = {}, under?: string): Observed =>
  observed({
    instance: instance({ boot }),
    source: { kind: 'ready', boot: boots },
    content,
    claims,
    under: claims.find(({ name }) => name === under),
    ...more,
  })

const onlyOwn = [view(own, { node: 'a' })]
const withCopy = [...onlyOwn, view(copy(1), { record: record({ readyAt }), node: 'b' })]
const withOpen = [...onlyOwn, view(copy(1), { record: record() })]

type Row = Readonly<{
  name: string
  claims: readonly ClaimView[]
  on: string
  secondsOld?: number
  says?: string | undefined
  moves?: number
  reason: string
  acts?: 'delete'
}>

const rows: readonly Row[] = [
  {
    name: 'no node takes it where its image is',
    claims: onlyOwn,
    on: own,
    says: conflict,
    reason: 'Moving',
    acts: 'delete',
  },
  {
    name: 'a moment may be all that it takes',
    claims: onlyOwn,
    on: own,
    says: conflict,
    secondsOld: 1,
    reason: 'Unschedulable',
  },
  {
    name: 'no other node would take it either',
    claims: onlyOwn,
    on: own,
    says: '0/1 nodes are available: 1 Insufficient memory.',
    reason: 'Unschedulable',
  },
  {
    name: 'there is a copy to try',
    claims: withCopy,
    on: own,
    says: conflict,
    reason: 'Moving',
    acts: 'delete',
  },
  {
    name: 'a copy of its own finds no node: the others again, later',
    claims: withOpen,
    on: copy(1),
    says: '0/2 nodes are available.',
    reason: 'Moving',
    acts: 'delete',
  },
  {
    name: 'after a round through all of them, it waits longer',
    claims: withOpen,
    on: copy(1),
    moves: 3,
    secondsOld: 10,
    says: '0/2 nodes are available.',
    reason: 'Unschedulable',
  },
  {
    name: 'and tries again',
    claims: withOpen,
    on: copy(1),
    moves: 3,
    secondsOld: 16,
    says: '0/2 nodes are available.',
    reason: 'Moving',
    acts: 'delete',
  },
  {
    name: 'on storage that all nodes reach there is nothing to move to',
    claims: [view(own, { shared: true })],
    on: own,
    says: conflict,
    reason: 'Unschedulable',
  },
  {
    name: 'its claim is gone',
    claims: onlyOwn,
    on: copy(1),
    says: 'persistentvolumeclaim not found',
    reason: 'Moving',
    acts: 'delete',
  },
]

for (const { name, claims, on, secondsOld = 30, says, moves, reason, acts } of rows) {
  test(name, () => {
    const verdict = decide(seen(claims, { pod: pod(on, secondsOld, says, moves) }, on))
    assert.is(verdict.active.reason, reason)
    assert.is(verdict.action?.kind, acts)
    if (acts === undefined && says === conflict && claims === onlyOwn)
      assert.is(verdict.requeueAfterSeconds, 1)
  })
}

test('a VM that waits for its copy says so, and how it failed', () => {
  const failed = record({
    failures: 2,
    lastFailure: { reason: 'NoSpace', message: 'It is full.', at: ago(9), podUID: 'x' },
  })
  const claims = [...onlyOwn, view(copy(1), { record: failed, node: 'worker-1' })]
  const waiting = onNode({ ...pod(copy(1), 30, undefined), status: preparing })
  const verdict = decide(seen(claims, { pod: waiting }, copy(1)))
  assert.is(verdict.active.reason, 'CopyingImage')
  assert.is(verdict.stalled, undefined)
  assert.match(verdict.active.message, /worker-1, into claim .*failed 2 times.*It is full/)
})

test('a VM leaves a copy that is told to go before it is there', () => {
  const going = view(copy(1), { record: record(), node: 'worker-1', going: true })
  const waiting = onNode({ ...pod(copy(1), 30, undefined), status: preparing })
  const verdict = decide(seen([...onlyOwn, going], { pod: waiting }, copy(1)))
  assert.is(verdict.active.reason, 'Moving')
  assert.is(verdict.action?.kind, 'delete')
})

/** The status that was written before the pod was told to go. */
function moving(from: string, moves: number) {
  const active: Condition = {
    type: 'Active',
    status: 'False',
    reason: 'Moving',
    message: '',
    lastTransitionTime: ago(1),
  }
  const status = {
    conditions: [active],
    podUID: 'uid-pod',
    rebuildGeneration: 0,
    restarts: 2,
    boot: { kind: content.kind, name: content.name, claim: from, moves },
  }
  return instance({ boot }, status)
}

const created = (of: Observed) => {
  const { action } = decide(of)
  if (action?.kind !== 'create') throw new Error(`${action?.kind} creates nothing`)
  return action
}

test('the pod after that has the next claim, and the VM was not lost', () => {
  const action = created(seen(onlyOwn, { instance: moving(own, 0) }))
  assert.is(action.placing.boot.claim, copy(1))
  assert.is(action.placing.isNew, true)
  assert.is(action.placing.avoid.length, 1)
  assert.is(action.placing.boot.moves, 1)
  assert.is(action.restartsBefore, 2)
})

test('a VM that is made for another reason begins anew', () => {
  const action = created(seen(withCopy))
  assert.is(action.placing.boot.claim, own)
  assert.is(action.placing.boot.moves, undefined)
})

test.run()

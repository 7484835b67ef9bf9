import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { firstChoice, isTiedDown, nextChoice, patienceSeconds, tour } from './choose.ts'
import { content, record, view } from './testing/build.ts'
import type { ClaimView } from './views.ts'

const own = content.claim
const made = record({ readyAt: '2026-01-01T00:00:00Z' })
const first = (...claims: ClaimView[]) => firstChoice(own, claims)?.claim
const next = (before: string, ...claims: ClaimView[]) => nextChoice(own, claims, before)
const c = (number: number) => `${own}-c${number}`

test('on storage that every node reaches, there is one claim for all, and no copy is made', () => {
  const shared = view(own, { shared: true, vms: 100 })
  assert.is(first(shared), own)
  assert.is(next(own, shared), undefined)
})

test('a VM is made on the ready claim that the fewest VMs have, the image itself before its copies', () => {
  const copy = (vms: number) => view(c(1), { record: made, node: 'b', vms })
  assert.is(first(view(own, { node: 'a', vms: 3 }), copy(2)), c(1))
  assert.is(first(view(own, { node: 'a', vms: 2 }), copy(2)), own)
  assert.is(first(view(own, { node: 'a', vms: 9 }), view(c(1), { record: record(), node: 'b' })), own)
  assert.is(
    first(view(own, { node: 'a', vms: 9 }), view(c(1), { record: made, node: 'b', going: true })),
    own,
  )
})

test('a VM that cannot go where the image is gets a copy that keeps away from there', () => {
  assert.equal(next(own, view(own, { node: 'a' })), {
    claim: c(1),
    isNew: true,
    avoid: [{ key: 'kubernetes.io/hostname', operator: 'NotIn', values: ['a'] }],
  })
})

test('a copy that has no place yet is joined, and no second one made', () => {
  const choice = next(own, view(own, { node: 'a' }), view(c(1), { record: record() }))
  assert.is(choice?.claim, c(1))
  assert.is(choice?.isNew, false)
  assert.is(choice?.avoid.length, 1)
})

test('each claim is tried in its turn, ready ones first, then the image again', () => {
  const claims = [
    view(own, { node: 'a' }),
    view(c(1), { record: record(), node: 'b' }),
    view(c(3), { record: made, node: 'c' }),
  ]
  assert.equal(
    tour(own, claims).map(({ claim }) => claim),
    [own, c(3), c(1), c(4)],
  )
  assert.is(next(c(4), ...claims)?.claim, own)
  assert.is(next(c(3), ...claims)?.claim, c(1))
})

test('where two claims came to be in one place, no further copy is made', () => {
  const claims = [view(own, { node: 'a' }), view(c(1), { record: made, node: 'a' })]
  assert.equal(
    tour(own, claims).map(({ claim }) => claim),
    [own, c(1)],
  )
})

test('a namespace without the image begins with a copy', () => {
  assert.equal(firstChoice(own, []), { claim: c(1), isNew: true, avoid: [] })
  assert.is(firstChoice(own, [view(c(1), { record: record() })])?.isNew, false)
})

test('the words of the scheduler that speak of a volume elsewhere are known, others are not', () => {
  const words = {
    '0/2 nodes are available: 1 Insufficient memory, 1 node(s) had volume node affinity conflict.': true,
    "0/2 nodes are available: 1 node(s) didn't match PersistentVolume's node affinity.": true,
    '0/1 nodes are available: 1 Insufficient cpu.': false,
  }
  for (const [text, expected] of Object.entries(words)) assert.is(isTiedDown(text), expected, text)
  assert.is(isTiedDown(undefined), false)
})

test('the first tour is quick, later ones are patient, and none waits for more than 5 minutes', () => {
  assert.equal(
    [0, 1, 2, 3, 4, 6, 100].map((moves) => patienceSeconds(moves, 2)),
    [2, 2, 15, 15, 30, 60, 300],
  )
})

test.run()

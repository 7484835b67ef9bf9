import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { WorkerView } from '../worker/view.ts'
import { type CopyObserved, decideCopy } from './decide.ts'
import type { CopyRecord } from './record.ts'
import { content, record, view } from './testing/build.ts'

const now = new Date('2026-01-01T12:00:00Z')
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000).toISOString()

const worker = (uid: string, more: Partial<WorkerView> = {}): WorkerView => ({
  name: uid,
  uid,
  node: 'a',
  ips: ['10.0.0.1'],
  terminating: false,
  phase: 'Running',
  reason: '',
  message: '',
  unschedulable: undefined,
  scheduledAt: ago(20),
  waiting: undefined,
  runningSince: ago(10),
  terminated: undefined,
  outcome: undefined,
  ...more,
})
const failed = (uid: string, reason: 'SourceLost' | 'NoSpace' = 'SourceLost') =>
  worker(uid, { outcome: { kind: 'failed', reason, message: 'It broke.', permanent: false } })
const complete = (sha256: string) =>
  worker('to', {
    outcome: {
      kind: 'complete',
      result: { sha256, size: content.size, virtualSize: 1, format: 'qcow2', sourceDigest: '' },
    },
  })

type Given = Partial<Omit<CopyObserved, 'copy'>> &
  Readonly<{
    record?: Partial<CopyRecord>
    vms?: number
    node?: string | undefined
    going?: true
    bound?: false
  }>

function decided({ record: more = {}, vms = 1, going, bound, ...given }: Given) {
  const place = bound === false ? {} : { node: 'b' }
  const copy = view('debian-0123abcd-c1', {
    record: record(more),
    vms,
    ...place,
    ...(going ? { going } : {}),
  })
  return decideCopy({
    copy: { ...copy, record: record(more) },
    isWanted: true,
    isLeaving: false,
    sources: [
      view(content.claim, { node: 'a' }),
      view('debian-0123abcd-c2', { record: record({ readyAt: ago(1) }), node: 'c' }),
    ],
    source: undefined,
    target: undefined,
    sourceMadeAt: ago(20),
    node: 'b',
    isBusy: false,
    keepSeconds: 3600,
    now,
    ...given,
  })
}

type Row = Readonly<{ name: string; given: Given; action?: string; waits?: number }>
const failure = { reason: 'SourceLost', message: 'It broke.', podUID: 'to' }

const rows: readonly Row[] = [
  { name: 'a VM waits for it on a node: the image is offered', given: {}, action: 'createSource' },
  { name: 'no VM that waits for it has a node yet', given: { node: undefined } },
  { name: 'its volume is not there yet', given: { bound: false } },
  { name: 'another copy is being made', given: { isBusy: true } },
  {
    name: 'its own worker is what makes it busy',
    given: { isBusy: true, source: worker('from') },
    action: 'createTarget',
  },
  { name: 'nothing has the image at present', given: { sources: [] } },
  {
    name: 'the offer is on its way',
    given: { source: worker('from', { runningSince: undefined }) },
    waits: 40,
  },
  { name: 'the image is offered: it is fetched', given: { source: worker('from') }, action: 'createTarget' },
  { name: 'it is being fetched', given: { source: worker('from'), target: worker('to') } },
  {
    name: 'it was fetched and is equal',
    given: { source: worker('from'), target: complete(content.sha256) },
    action: 'note',
  },
  {
    name: 'it is ready: the workers go',
    given: { record: { readyAt: ago(1) }, target: complete(content.sha256) },
    action: 'removeWorkers',
  },
  { name: 'it is ready, and in use', given: { record: { readyAt: ago(1) } } },
  { name: 'fetching failed', given: { source: worker('from'), target: failed('to') }, action: 'note' },
  {
    name: 'the failure is noted: both workers go',
    given: {
      record: { failures: 1, lastFailure: { ...failure, at: ago(1) } },
      source: worker('from'),
      target: failed('to'),
    },
    action: 'removeWorkers',
  },
  {
    name: 'the next try is not due',
    given: { record: { failures: 1, lastFailure: { ...failure, at: ago(1) } } },
    waits: 4,
  },
  {
    name: 'the next try is due',
    given: { record: { failures: 1, lastFailure: { ...failure, at: ago(6) } } },
    action: 'createSource',
  },
  { name: 'the offer failed', given: { source: failed('from') }, action: 'note' },
  {
    name: 'the offer does not come up',
    given: {
      sourceMadeAt: ago(61),
      source: worker('from', { runningSince: undefined, unschedulable: '0/2' }),
    },
    action: 'note',
  },
  {
    name: 'somebody deleted the offer while it was read',
    given: { target: worker('to') },
    action: 'removeWorkers',
  },
  {
    name: 'a worker was told to go by somebody',
    given: { source: worker('from', { terminating: true }), target: worker('to') },
    action: 'removeWorkers',
  },
  {
    name: 'both workers are going',
    given: { source: worker('from', { terminating: true }), target: worker('to', { terminating: true }) },
  },
  { name: 'the last VM left', given: { vms: 0, record: { readyAt: ago(9) } }, action: 'note' },
  {
    name: 'unused, and kept for a while',
    given: { vms: 0, record: { readyAt: ago(9999), unusedSince: ago(3000) } },
    waits: 600,
  },
  {
    name: 'unused for long',
    given: { vms: 0, record: { readyAt: ago(9999), unusedSince: ago(3601) } },
    action: 'deleteClaim',
  },
  {
    name: 'unfinished, and nobody waits any more',
    given: { vms: 0, record: { unusedSince: ago(61) } },
    action: 'deleteClaim',
  },
  { name: 'in use again', given: { record: { readyAt: ago(9), unusedSince: ago(5) } }, action: 'note' },
  {
    name: 'the image is to go, and no VM has the copy',
    given: { isLeaving: true, vms: 0, record: { readyAt: ago(9), unusedSince: ago(0) } },
    action: 'deleteClaim',
  },
  {
    name: 'the image is to go, and a VM still waits for the copy',
    given: { isLeaving: true },
    action: 'createSource',
  },
  {
    name: 'the image holds something else: VMs keep the copy',
    given: { isWanted: false, record: { readyAt: ago(9) } },
  },
  {
    name: 'the image holds something else, and no VM has the copy',
    given: { isWanted: false, vms: 0, record: { readyAt: ago(9), unusedSince: ago(0) } },
    action: 'deleteClaim',
  },
  {
    name: 'the image holds something else before the copy was made',
    given: { isWanted: false },
    action: 'deleteClaim',
  },
  {
    name: 'it is told to go while it is made',
    given: { going: true, source: worker('from') },
    action: 'removeWorkers',
  },
  { name: 'it is told to go', given: { going: true } },
]

for (const { name, given, action, waits } of rows) {
  test(name, () => {
    const verdict = decided(given)
    assert.is(verdict.action?.kind, action)
    assert.is(verdict.requeueAfterSeconds, waits)
  })
}

const noted = (given: Given): CopyRecord => {
  const { action } = decided(given)
  if (action?.kind !== 'note') throw new Error(`${action?.kind} is no note`)
  return action.record
}

test('a copy is ready when its digest is that of the image, and not with another one', () => {
  assert.is(noted({ target: complete(content.sha256) }).readyAt, now.toISOString())
  const other = noted({ target: complete('00'.repeat(32)) })
  assert.is(other.readyAt, undefined)
  assert.is(other.lastFailure?.reason, 'DigestMismatch')
})

test('each failure counts once, and the next try reads another claim that has the image', () => {
  assert.is(
    noted({
      record: { failures: 1, lastFailure: { ...failure, podUID: 'older', at: ago(9) } },
      target: failed('to'),
    }).failures,
    2,
  )
  const chosen = (failures: number) => {
    const { action } = decided({ record: { failures } })
    return action?.kind === 'createSource' ? action.source.name : undefined
  }
  assert.equal([0, 1, 2].map(chosen), [content.claim, 'debian-0123abcd-c2', content.claim])
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Snapshot } from '../api/snapshot.ts'
import type { Pod } from '../kube/object.ts'
import { awaitingPause, over, pinned, ready, snapshot, taken } from '../snapshot/testing/build.ts'
import { decide } from './decide.ts'
import { bootOf, shelvedOf } from './shelved.ts'
import { statusOf } from './status.ts'
import { ago, answering, instance, observed, onNode, podOf, preparing, terminating } from './testing/build.ts'

type Given = Readonly<{
  pod?: Parameters<typeof podOf>[1] | 'none' | 'terminating'
  /** The reason of Active until now. */
  active?: string
  shelved?: { snapshot: string; rebuildGeneration: number }
  kept?: Snapshot
  spec?: object
}>

function given({ pod = answering, active = 'Running', shelved, kept, spec }: Given) {
  const condition = {
    type: 'Active',
    status: 'True' as const,
    reason: active,
    message: '',
    lastTransitionTime: ago(9),
  }
  const known = pod === 'none' ? {} : { podUID: 'uid-pod', rebuildGeneration: 0, restarts: 0 }
  const status = { ...known, conditions: [condition], ...(shelved === undefined ? {} : { shelved }) }
  const one = instance({ powerState: 'Shelved', ...spec }, status)
  const podAs = (): Pod | undefined => {
    if (pod === 'none') return undefined
    return pod === 'terminating' ? terminating(onNode(podOf(one, answering))) : onNode(podOf(one, pod))
  }
  return observed({ instance: one, pod: podAs(), kept })
}

const before = { snapshot: 'web1-1a2b3c4d', rebuildGeneration: 0 }
const untaken = snapshot({}, pinned)

type Row = Given &
  Readonly<{ name: string; phase: string; active: string; action?: string; stalled?: string; keeps?: RegExp }>
const rows: readonly Row[] = [
  // The way there.
  { name: 'a running VM is asked to be kept', phase: 'Shelving', is: 'Running', action: 'keep' },
  { name: 'until all is ready for the moment it runs on', kept: untaken, phase: 'Shelving', is: 'Running' },
  {
    name: 'then its pause is written down, before the moment',
    kept: snapshot({}, awaitingPause),
    phase: 'Shelving',
    is: 'Pausing',
  },
  {
    name: 'and it is held',
    active: 'Pausing',
    kept: snapshot({}, awaitingPause),
    phase: 'Shelving',
    is: 'Paused',
    action: 'hold',
  },
  {
    name: 'and stands still until all is copied',
    active: 'Paused',
    kept: snapshot({}, taken),
    phase: 'Shelving',
    is: 'Paused',
  },
  {
    name: 'its pod goes when all is copied',
    active: 'Paused',
    kept: snapshot({}, ready),
    phase: 'Stopping',
    is: 'Shelved',
    action: 'delete',
    keeps: /^web1-\w{8}$/,
  },
  { name: 'a paused VM is kept as it is', active: 'Paused', phase: 'Shelving', is: 'Paused', action: 'keep' },
  {
    name: 'the pod is left to go',
    pod: 'terminating',
    active: 'Shelved',
    shelved: before,
    phase: 'Stopping',
    is: 'Shelved',
    keeps: /1a2b3c4d/,
  },
  {
    name: 'a pod that somebody else deletes is lost',
    pod: 'terminating',
    active: 'Running',
    phase: 'Stopping',
    is: 'PodLost',
  },
  // Nothing to keep.
  {
    name: 'a VM that does not run yet has nothing to keep',
    pod: preparing,
    phase: 'Stopping',
    is: 'Shelved',
    action: 'delete',
  },
  {
    name: 'one that just begins from its shelved disk stays shelved in it',
    pod: preparing,
    shelved: before,
    phase: 'Stopping',
    is: 'Shelved',
    action: 'delete',
    keeps: /1a2b3c4d/,
  },
  // It fails.
  {
    name: 'a VM whose Snapshot fails runs on',
    kept: snapshot({}, over),
    phase: 'Stalled',
    is: 'Running',
    stalled: 'NotKept',
  },
  {
    name: 'a VM that was paused for it is resumed',
    active: 'Paused',
    kept: snapshot({}, over),
    phase: 'Stalled',
    is: 'Running',
    stalled: 'NotKept',
    action: 'resume',
  },
  // At rest, and back.
  {
    name: 'a shelved VM is at rest',
    pod: 'none',
    active: 'Shelved',
    shelved: before,
    phase: 'Shelved',
    is: 'Shelved',
    keeps: /1a2b3c4d/,
  },
  { name: 'an instance that never ran is at rest, too', pod: 'none', phase: 'Shelved', is: 'Shelved' },
  {
    name: 'an end of its time stops no VM that is off',
    pod: 'none',
    shelved: before,
    spec: { expiry: { deadline: ago(60) } },
    phase: 'Shelved',
    is: 'Shelved',
    keeps: /1a2b3c4d/,
  },
  {
    name: 'a stop forgets the shelved disk',
    pod: 'none',
    shelved: before,
    spec: { powerState: 'Stopped' },
    phase: 'Stopped',
    is: 'Stopped',
  },
  {
    name: 'a change of mind resumes the VM',
    active: 'Paused',
    kept: snapshot({}, taken),
    spec: { powerState: 'Running' },
    phase: 'Booting',
    is: 'Running',
    action: 'resume',
  },
].map(({ is, ...row }) => ({ ...row, was: row.active, active: is })) as never

for (const row of rows as readonly (Row & { was?: string })[]) {
  test(row.name, () => {
    const { name: _, phase, active, action, stalled, keeps, was, ...more } = row
    const world = given({ ...more, ...(was === undefined ? {} : { active: was }) })
    const verdict = decide(world)
    assert.equal(
      [verdict.phase, verdict.active.reason, verdict.action?.kind, verdict.stalled?.reason],
      [phase, active, action, stalled],
    )
    const { shelved } = statusOf(world, verdict)
    if (keeps === undefined) assert.is(shelved, undefined)
    else assert.match(shelved?.snapshot ?? '', keeps)
  })
}

const volume = { name: 'data', claim: 'data', readOnly: false, isBlock: false, bytes: 2 ** 30 }
for (const [what, volumes, graceSeconds] of [
  ['a VM with a volume stands still, and then has the time to power down in order', [volume], undefined],
  ['a VM without one stands still, and is cut off', [], 2],
] as const)
  test(what, () => {
    const verdictOf = (kept: Snapshot) => {
      const world = given({ kept })
      const pod = onNode(podOf(world.instance, answering, 0, 20, undefined, undefined, volumes))
      return decide({ ...world, pod })
    }
    assert.is(verdictOf(snapshot({}, awaitingPause)).active.reason, 'Pausing')
    const { action } = verdictOf(snapshot({}, ready))
    assert.is(action?.kind === 'delete' && action.graceSeconds, graceSeconds)
  })

test('a VM under way to its shelf is in progress, one at rest is current', () => {
  const types = (of: Given) => {
    const world = given(of)
    return statusOf(world, decide(world)).conditions?.map(({ type, status }) => `${type} ${status}`)
  }
  assert.ok(types({ active: 'Paused', kept: snapshot({}, taken) })?.includes('Reconciling True'))
  const atRest = types({ pod: 'none', shelved: before }) ?? []
  for (const type of ['Ready', 'Reconciling', 'Stalled'])
    assert.not.ok(atRest.some((one) => one.startsWith(type)))
})

const boots: ReadonlyArray<{ name: string; spec: object; want: object }> = [
  { name: 'boots from the disk that was shelved', spec: {}, want: { snapshot: 'web1-1a2b3c4d' } },
  {
    name: 'boots from its boot source after a rebuild',
    spec: { rebuildGeneration: 1 },
    want: { claim: 'tiny' },
  },
  {
    name: 'boots from its boot source after a stop',
    spec: { powerState: 'Stopped' },
    want: { claim: 'tiny' },
  },
]
for (const { name, spec, want } of boots)
  test(`an instance that was shelved ${name}`, () =>
    assert.equal(bootOf(instance({ powerState: 'Running', ...spec }, { shelved: before })), want))

test('an instance that was never shelved has no shelved disk', () => {
  assert.is(shelvedOf(instance()), undefined)
})

test('a VM whose shelved disk is gone says what to do', () => {
  const one = instance({}, { shelved: before })
  const { stalled } = decide(observed({ instance: one }))
  assert.is(stalled?.reason, 'SnapshotNotFound')
  assert.match(stalled?.message ?? '', /in which the VM was shelved: raise spec\.rebuildGeneration/)
})

test.run()

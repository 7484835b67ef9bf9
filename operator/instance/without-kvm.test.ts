import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { decide } from './decide.ts'
import { statusOf } from './status.ts'
import { ago, booted, config, instance, observed, podOf } from './testing/build.ts'
import { helpsToDoWithout } from './without-kvm.ts'

const resource = 'ephemera.dev/kvm'
const preemption = 'preemption: 0/4 nodes are available: 4 No preemption victims found for incoming pod.'

const alone = `0/1 nodes are available: 1 Insufficient ${resource}.`
const words: readonly (readonly [says: string, helps: boolean])[] = [
  [alone, true],
  [
    `0/4 nodes are available: 3 Insufficient cpu, 3 Insufficient memory, 4 Insufficient ${resource}. ${preemption}`,
    true,
  ],
  [
    `0/4 nodes are available: 1 Insufficient memory, 3 Insufficient ${resource}. no new claims to deallocate, ${preemption}`,
    true,
  ],
  [
    `0/4 nodes are available: 1 Insufficient ${resource}, 3 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }. ${preemption}`,
    true,
  ],
  // Something else rules out every node.
  [`0/4 nodes are available: 4 Insufficient memory, 4 Insufficient ${resource}. ${preemption}`, false],
  [`0/4 nodes are available: 4 Insufficient memory. ${preemption}`, false],
  [`0/4 nodes are available: 4 Insufficient ${resource}-probe. ${preemption}`, false],
  ['running PreBind plugin "VolumeBinding": binding volumes: timed out', false],
  ['', false],
]
for (const [says, helps] of words) {
  test(`${says === '' ? 'nothing said' : says}: ${helps ? 'it helps' : 'it does not help'} to do without`, () => {
    assert.is(helpsToDoWithout(says, resource), helps)
  })
}

type Given = Readonly<{
  spec?: object
  age?: number
  says?: string
  resource?: string
  isTaken?: true
  reason?: string
}>

/** A pod of this age that no node takes. */
function waiting({ spec, age = 61, says = alone, resource: named = resource, isTaken, reason }: Given) {
  const one = instance(
    spec,
    reason === undefined ? undefined : { podUID: 'uid-pod', conditions: [active(reason)] },
  )
  const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: says } as const
  const made = {
    config: { ...config, kvmResource: named },
    ...(isTaken === undefined ? {} : { isKvmTaken: isTaken }),
  }
  const pod = podOf(one, { phase: 'Pending', conditions: [condition] }, 0, age, booted, [], [], made)
  return observed({ instance: one, pod, config: made.config })
}
const active = (reason: string) =>
  ({ type: 'Active', status: 'False', reason, message: 'so it is', lastTransitionTime: ago(5) }) as const

const rows: readonly (Given & { name: string; reason: string; action?: 'delete' })[] = [
  { name: 'an Auto VM that waits for KVM alone does without', reason: 'KVMTaken', action: 'delete' },
  { name: 'not at once', age: 50, reason: 'Unschedulable' },
  { name: 'nor where it has to have it', spec: { accelerator: 'KVM' }, reason: 'Unschedulable' },
  { name: 'nor where it would not help', says: words[4]?.[0] ?? '', reason: 'Unschedulable' },
  { name: 'nor a second time', isTaken: true, reason: 'Unschedulable' },
  { name: 'nor where nothing brings KVM', resource: '', reason: 'Unschedulable' },
]
for (const { name, reason, action, ...given } of rows) {
  test(name, () => {
    const verdict = decide(waiting(given))
    assert.equal([verdict.active.reason, verdict.action?.kind], [reason, action])
  })
}

test('it is looked at again when its time is over, and nothing is written until then', () => {
  const before = waiting({ age: 50 })
  const verdict = decide(before)
  assert.is(verdict.requeueAfterSeconds, 10)
  const status = statusOf(before, verdict)
  const later = {
    ...before,
    instance: { ...before.instance, status },
    now: new Date(before.now.getTime() + 5000),
  }
  assert.equal(statusOf(later, decide(later)), status)
})

test('the pod without it is no VM that was lost', () => {
  const { pod: _, ...before } = waiting({ reason: 'KVMTaken' })
  const { action } = decide({ ...before, pod: undefined })
  assert.is(action?.kind === 'create' && action.restartsBefore, 0)
})

test.run()

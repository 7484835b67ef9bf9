import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { InstanceSpec } from '../api/instance-spec.ts'
import type { InstanceStatus } from '../api/instance-status.ts'
import type { Snapshot } from '../api/snapshot.ts'
import type { Node } from '../kube/object.ts'
import { over, ready, snapshot, taken } from '../snapshot/testing/build.ts'
import { decide } from './decide.ts'
import { statusOf } from './status.ts'
import {
  ago,
  answering,
  booting,
  container,
  ending,
  instance,
  observed,
  onNode,
  podOf,
} from './testing/build.ts'

type Moment = Readonly<{
  spec?: Partial<InstanceSpec>
  pod?: Parameters<typeof podOf>[1] | 'none'
  uid?: string
  restarts?: number
  /** The Snapshot that keeps it. */
  kept?: Snapshot
  on?: Node
  /** What the runner says of resets for silence. */
  unresponsive?: number
  /** The spec that the pod was made with; default: this moment's. */
  made?: Partial<InstanceSpec>
}>

/** The history after these moments. */
function history(...moments: readonly Moment[]) {
  let status: InstanceStatus | undefined
  for (const {
    spec = {},
    pod = answering,
    uid = 'uid-pod',
    restarts = 0,
    made = spec,
    unresponsive,
    kept,
    on,
  } of moments) {
    const one = pod === 'none' ? undefined : onNode(podOf(instance(made), pod, restarts))
    const given = observed({
      instance: instance(spec, status),
      kept,
      node: on,
      runner:
        unresponsive === undefined ? undefined : { phase: 'Running', reason: '', message: '', unresponsive },
      pod: one === undefined ? undefined : { ...one, metadata: { ...one.metadata, uid } },
    })
    status = statusOf(given, decide(given))
  }
  return status?.actions ?? []
}
const told = (...moments: readonly Moment[]) =>
  history(...moments).map(({ action, reason }) => `${action} ${reason}`)

const stopped = { powerState: 'Stopped' } as const
const paused = { powerState: 'Paused' } as const
const shelved = { powerState: 'Shelved' } as const
const leaves = { eviction: 'SnapshotThenRecreate' } as const
const cordoned: Node = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'worker-1' },
  spec: { unschedulable: true },
}
const copying = snapshot({}, taken)
const shelving: readonly Moment[] = [
  {},
  { spec: shelved },
  { spec: shelved, kept: copying },
  { spec: shelved, kept: copying },
  { spec: shelved, kept: copying },
]
const drained: readonly Moment[] = [
  { spec: leaves },
  { spec: leaves, on: cordoned },
  { spec: leaves, on: cordoned, kept: copying },
  { spec: leaves, on: cordoned, kept: copying },
]
const put: Moment = { spec: shelved, kept: snapshot({}, ready) }
const again = (reason: string, count = 1) =>
  container({
    restartCount: count,
    lastState: ending(1, reason, 'It ended.'),
    state: { running: { startedAt: ago(1) } },
    started: true,
  })
const panicked = again('GuestPanicked')

const rows: ReadonlyArray<readonly [name: string, got: string[], want: string[]]> = [
  ['nothing is told of a VM that never ran', told({ pod: {} }), []],
  ['a first start is told once', told({ pod: {} }, { pod: booting }, {}, {}), ['Start Created']],
  [
    'a stop and the start after it',
    told({}, { spec: stopped }, { spec: stopped, pod: 'none' }, { uid: 'second' }),
    ['Start Created', 'Stop Stopping', 'Start PowerState'],
  ],
  [
    'an instance that is made stopped was never stopped',
    told({ spec: stopped, pod: 'none' }, {}),
    ['Start Created'],
  ],
  [
    'a pause and a resumption',
    told({}, { spec: paused }, { spec: paused }, {}, {}),
    ['Start Created', 'Pause Paused', 'Resume PowerState'],
  ],
  [
    'a VM that is shelved and brought back',
    told(...shelving, put, { spec: shelved, pod: 'none' }, { uid: 'second' }),
    ['Start Created', 'Pause Paused', 'Shelve Shelved', 'Unshelve PowerState'],
  ],
  [
    'one that is shelved, and started from its boot source',
    told(...shelving, put, { spec: shelved, pod: 'none' }, { spec: { rebuildGeneration: 1 }, uid: 'second' }),
    ['Start Created', 'Pause Paused', 'Shelve Shelved', 'Start PowerState'],
  ],
  [
    'an instance that is made shelved was never put there',
    told({ spec: shelved, pod: 'none' }, {}),
    ['Start Created'],
  ],
  [
    'a shelf that is thought better of',
    told(...shelving, {}),
    ['Start Created', 'Pause Paused', 'Resume PowerState'],
  ],
  [
    'one that could not be shelved',
    told(...shelving, { spec: shelved, kept: snapshot({}, over) }),
    ['Start Created', 'Pause Paused', 'Resume NotKept'],
  ],
  [
    'a VM that leaves a drained node',
    told(...drained, { spec: leaves, on: cordoned, kept: snapshot({}, ready) }),
    ['Start Created', 'Pause Paused', 'Relocate Relocating'],
  ],
  [
    'a drain that is called off',
    told(...drained, { spec: leaves }),
    ['Start Created', 'Pause Paused', 'Resume DrainCalledOff'],
  ],
  [
    'a drained VM that could not be kept',
    told(...drained, { spec: leaves, on: cordoned, kept: snapshot({}, over) }),
    ['Start Created', 'Pause Paused', 'Resume NotKept'],
  ],
  [
    'a reset and a reboot',
    told({}, { spec: { resetGeneration: 1 } }, { spec: { resetGeneration: 1, rebootGeneration: 1 } }),
    ['Start Created', 'Reset Resetting', 'Reboot Rebooting'],
  ],
  [
    'a reset for silence, once',
    told({}, { pod: booting }, { unresponsive: 1 }, { unresponsive: 1 }, {}),
    ['Start Created', 'Reset GuestUnresponsive'],
  ],
  [
    'a restart, with how the VM before it ended',
    told({}, { pod: panicked }, { pod: panicked }),
    ['Start Created', 'Restart GuestPanicked'],
  ],
  [
    'a lost pod',
    told({}, { pod: 'none' }, { uid: 'second', restarts: 1 }),
    ['Start Created', 'Restart PodLost'],
  ],
  [
    'a rebuild is one entry, with the start that goes with it',
    told({}, { spec: { rebuildGeneration: 1 }, made: {} }, { spec: { rebuildGeneration: 1 }, uid: 'second' }),
    ['Start Created', 'Rebuild Rebuilding'],
  ],
  [
    'the end of a VM that is not started again',
    told(
      { spec: { restartPolicy: 'Never' } },
      {
        spec: { restartPolicy: 'Never' },
        pod: container({ state: ending(1, 'GuestPanicked', 'It panicked.') }, 'Failed'),
      },
    ),
    ['Start Created', 'End Failed'],
  ],
]
for (const [name, got, want] of rows) test(name, () => assert.equal(got, want))

test('a pause says what it is for', () => {
  const why = (...moments: readonly Moment[]) => history(...moments).at(-1)?.message
  assert.match(why({}, { spec: paused }, { spec: paused }) ?? '', /, as powerState asks;/)
  assert.match(why(...shelving) ?? '', /while its disk is kept, as powerState is Shelved;/)
  assert.match(why(...drained) ?? '', /while its disk is kept, as its node is drained;/)
})

test('at most the last ten are kept, with when and why', () => {
  const crashes = Array.from({ length: 14 }, (_, n) => ({ pod: again('GuestPanicked', n + 1) }))
  const kept = history({}, ...crashes)
  assert.is(kept.length, 10)
  assert.equal(kept[9], {
    action: 'Restart',
    at: '2026-01-01T12:00:00Z',
    reason: 'GuestPanicked',
    message: 'It ended.',
  })
})

test.run()

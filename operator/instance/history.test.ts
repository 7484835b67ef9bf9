import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { InstanceSpec } from '../api/instance-spec.ts'
import type { InstanceStatus } from '../api/instance-status.ts'
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
  } of moments) {
    const one = pod === 'none' ? undefined : onNode(podOf(instance(made), pod, restarts))
    const given = observed({
      instance: instance(spec, status),
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

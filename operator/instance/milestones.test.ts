import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { InstanceStatus } from '../api/instance-status.ts'
import { milestonesOf } from './milestones.ts'
import { instance } from './testing/build.ts'

type Status = Partial<InstanceStatus>
const base = { podUID: 'one', restarts: 0 }
const rows: ReadonlyArray<{
  name: string
  before?: Status
  after: Status
  generation?: number
  want: object[]
}> = [
  { name: 'an instance without a pod has reached nothing', after: {}, want: [] },
  {
    name: 'the first pod counts from the creation of the instance',
    after: base,
    want: [{ step: 'createToPod', seconds: 0.25 }],
  },
  { name: 'a pod that is known already does not count again', before: base, after: base, want: [] },
  {
    name: 'a pod that takes the place of a lost one does not count from the creation',
    before: base,
    after: { podUID: 'two', restarts: 1 },
    want: [],
  },
  { name: 'nor does one that a changed spec asked for', after: base, generation: 2, want: [] },
  {
    name: 'the start of QEMU counts from the pod',
    before: { ...base, timings: { scheduled: 5 } },
    after: { ...base, timings: { scheduled: 5, qemuStarted: 700 } },
    want: [{ step: 'podToQemu', seconds: 0.7 }],
  },
  {
    name: "the guest's answer counts from the start of QEMU",
    before: { ...base, timings: { qemuStarted: 700 } },
    after: { ...base, timings: { qemuStarted: 700, guestReady: 5_700 } },
    want: [{ step: 'qemuToGuest', seconds: 5 }],
  },
  {
    name: 'what is known already does not count again',
    before: { ...base, timings: { qemuStarted: 700, guestReady: 5_700 } },
    after: { ...base, timings: { qemuStarted: 700, guestReady: 5_700 } },
    want: [],
  },
  {
    name: 'steps of another VM count anew, seen at once or not',
    before: { ...base, timings: { qemuStarted: 700, guestReady: 5_700 } },
    after: { podUID: 'two', restarts: 1, timings: { qemuStarted: 800, guestReady: 2_800 } },
    want: [
      { step: 'podToQemu', seconds: 0.8 },
      { step: 'qemuToGuest', seconds: 2 },
    ],
  },
]
for (const { name, before, after, generation = 1, want } of rows) {
  test(name, () => {
    const plain = instance({}, before as InstanceStatus | undefined)
    const metadata = { ...plain.metadata, generation, creationTimestamp: '2026-01-01T12:00:00Z' }
    const found = milestonesOf({ ...plain, metadata }, after as InstanceStatus, '2026-01-01T12:00:00.250Z')
    assert.equal(found, want)
  })
}

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { InstanceStatus } from '../api/instance-status.ts'
import { decide } from './decide.ts'
import type { Observed } from './observed.ts'
import { statusOf } from './status.ts'
import { storyOf } from './story.ts'
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

/** The events told while an instance goes through these situations, as `Type Reason`. */
function told(...situations: ReadonlyArray<(status: InstanceStatus | undefined) => Observed>): string[][] {
  let status: InstanceStatus | undefined
  return situations.map((situation) => {
    const given = situation(status)
    const next = statusOf(given, decide(given))
    const events = storyOf(status, next).map(({ type, reason }) => `${type} ${reason}`)
    status = next
    return events
  })
}

type Spec = Parameters<typeof instance>[0]
const at =
  (
    pod: Parameters<typeof podOf>[1] | undefined,
    spec: Spec = {},
    more: Partial<Parameters<typeof observed>[0]> = {},
  ) =>
  (status: InstanceStatus | undefined) => {
    const one = instance(spec, status)
    return observed({
      instance: one,
      pod: pod === undefined ? undefined : onNode(podOf(instance(), pod)),
      ...more,
    })
  }
const restarted = (state: object) =>
  container({ restartCount: 1, lastState: ending(0, 'GuestShutdown', 'The guest powered off.'), ...state })

const stories: ReadonlyArray<{ name: string; got: () => string[][]; want: string[][] }> = [
  {
    name: 'a boot is told step by step, each step once',
    got: () => told(at({}), at(booting), at(booting), at(answering), at(answering)),
    want: [['Normal Scheduled'], ['Normal QEMUStarted'], [], ['Normal GuestReady'], []],
  },
  {
    name: 'a guest that falls silent is a warning',
    got: () => told(at(answering), at(booting)).slice(1),
    want: [['Warning GuestSilent']],
  },
  {
    name: 'a pause and a resumption are told, and the boot is not told again',
    got: () => {
      const paused = at(booting, { powerState: 'Paused' })
      return told(at(answering), paused, paused, at(booting), at(answering)).slice(2)
    },
    want: [['Normal Paused'], ['Normal Resumed'], ['Normal GuestReady']],
  },
  {
    name: 'a power-off under Always is told as a restart',
    got: () =>
      told(
        at(answering),
        at(restarted({ state: { waiting: {} } })),
        at(restarted({ state: { running: { startedAt: ago(1) } }, started: true })),
      ).slice(1),
    want: [['Normal Restarting'], ['Normal QEMUStarted']],
  },
  {
    name: 'a restart too quick to be seen on its way is told all the same',
    got: () =>
      told(at(answering), at(restarted({ state: { running: { startedAt: ago(1) } }, started: true }))).slice(
        1,
      ),
    want: [['Normal Restarted']],
  },
  {
    name: 'what stalls is a warning, and its end is told',
    got: () => told(at(undefined, {}, { claim: 'none' }), at({})),
    want: [['Warning ClaimNotFound'], ['Normal Scheduled', 'Normal Mended']],
  },
  {
    name: 'each reset is told, and the answer after it',
    got: () => {
      const back = (number: number) => {
        const runner = { phase: 'Running', reason: '', message: '', guest: 'Ready', reset: number } as const
        return at(answering, { resetGeneration: number }, { runner })
      }
      const reset = (number: number) => at(answering, { resetGeneration: number })
      return told(at(answering), reset(1), reset(2), back(2), back(2)).slice(1)
    },
    want: [['Normal Resetting'], ['Normal Resetting'], ['Normal GuestReady'], []],
  },
  {
    name: 'a stop is told when it begins and when it is done',
    got: () =>
      told(
        at(answering),
        at(answering, { powerState: 'Stopped' }),
        at(undefined, { powerState: 'Stopped' }),
      ).slice(1),
    want: [['Normal Stopping'], ['Normal Stopped']],
  },
]

for (const { name, got, want } of stories) test(name, () => assert.equal(got(), want))

test.run()

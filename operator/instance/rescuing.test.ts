import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Rescue } from '../api/rescue.ts'
import type { Pod } from '../kube/object.ts'
import type { RescueGraph } from '../rescue/graph.ts'
import { rescueNames } from '../rescue/names.ts'
import { endedWorker, worker as workerOf } from '../snapshot/testing/build.ts'
import { decide } from './decide.ts'
import { type RescueView, rescueTrouble } from './rescuing.ts'
import { specHash } from './spec-hash.ts'
import { statusOf } from './status.ts'
import {
  ago,
  answering,
  booted,
  booting,
  instance,
  observed,
  onNode,
  podOf,
  terminating,
} from './testing/build.ts'

const wanted: Rescue = { claim: 'tools' }
const pinned = { kind: 'PersistentVolumeClaim', name: 'tools', podUID: 'uid-pod', restarts: 0 }
const begun = { ...pinned, bootedAt: ago(30) }
const source = { kind: 'ready', boot: { ...booted, name: 'tools', claim: 'tools' } } as const

const untouched: RescueGraph = {
  drive: 'disk0',
  nodes: [],
  exports: [],
  jobs: [],
  hasSecond: false,
  runState: 'running',
  isSnapshotted: false,
}
const offered = { ...untouched, nodes: Object.values(rescueNames).slice(0, 4), exports: ['rescue'] }
const switched = { ...untouched, drive: rescueNames.disk, nodes: [rescueNames.disk] }
const done = { ...switched, hasSecond: true }

const working = workerOf({ phase: 'Running' })
const filled = endedWorker(0, { reason: 'Filled', message: '' })
const noRoom = endedWorker(2, { reason: 'NoSpace', message: 'It does not fit.' })
const brokenOff = endedWorker(1, { reason: 'SourceLost', message: 'It broke off.' })
/** Its record says nothing of a port. */
const ofOlder = (pod: Pod): Pod => JSON.parse(JSON.stringify(pod).replace(/\\"rescuePort\\":true,/, ''))

type Given = Readonly<{
  rescue?: Rescue | undefined
  known?: object | undefined
  /** The reason of Rescued until now. */
  said?: string
  graph?: Partial<RescueGraph>
  answers?: boolean
  worker?: Pod
  source?: RescueView['source']
  pod?: Parameters<typeof podOf>[1]
  change?: (pod: Pod) => Pod
  restartsBefore?: number
  spec?: object
}>

function given(of: Given) {
  const { known, said, graph, worker, pod = answering, change = (it) => it, restartsBefore = 0, spec } = of
  const rescue = 'rescue' in of ? of.rescue : wanted
  const lastTransitionTime = ago(9)
  const told =
    said === undefined
      ? []
      : [
          {
            type: 'Rescued',
            reason: said,
            message: 'told',
            lastTransitionTime,
            status: said === 'Rescued' ? 'True' : 'False',
          } as const,
        ]
  const status = {
    podUID: 'uid-pod',
    rebuildGeneration: 0,
    restarts: restartsBefore,
    conditions: [
      { type: 'Active', status: 'True' as const, reason: 'Running', message: '', lastTransitionTime },
      ...told,
    ],
    ...(known === undefined ? {} : { rescue: known as typeof begun }),
  }
  const one = instance({ ...(rescue === undefined ? {} : { rescue }), ...spec }, status)
  const view: RescueView = {
    source: rescue === undefined ? undefined : (of.source ?? source),
    worker,
    disk:
      graph === undefined
        ? { kind: 'unasked' }
        : { kind: 'seen', graph: { ...untouched, ...graph }, answers: of.answers === true },
  }
  const made = change(onNode(podOf(one, pod, restartsBefore)))
  return observed({ instance: one, pod: made, rescue: view })
}

type Row = Given &
  Readonly<{
    name: string
    phase: string
    /** The reason of Rescued. */
    is?: string | undefined
    step?: string | undefined
    stalled?: string
  }>

const rows: readonly Row[] = [
  // The way there.
  { name: 'which VM is rescued is written down first', phase: 'Rescuing', is: 'RescuePreparing' },
  {
    name: 'a VM that does not run yet is waited for',
    pod: {},
    phase: 'Starting',
    is: undefined,
  },
  {
    name: 'a VM of an older operator cannot be rescued, and runs on',
    change: ofOlder,
    phase: 'Stalled',
    is: 'RescueTooOld',
    stalled: 'RescueTooOld',
  },
  {
    name: 'then its disk is made and filled',
    known: pinned,
    graph: {},
    phase: 'Rescuing',
    is: 'RescueCopying',
    step: 'fill',
  },
  {
    name: 'an image that is on its way is waited for',
    known: pinned,
    graph: {},
    source: { kind: 'waiting', reason: 'ImageNotReady', message: 'soon' },
    phase: 'Rescuing',
    is: 'ImageNotReady',
  },
  {
    name: 'an image that is not there is said',
    known: pinned,
    graph: {},
    source: { kind: 'missing', reason: 'ImageNotFound', message: 'none' },
    phase: 'Stalled',
    is: 'ImageNotFound',
    stalled: 'ImageNotFound',
  },
  {
    name: 'so is one that asks for more memory than the VM has',
    known: pinned,
    graph: {},
    source: { ...source, minMemory: '1Gi' },
    phase: 'Stalled',
    is: 'RescueImageTooDemanding',
    stalled: 'RescueImageTooDemanding',
  },
  {
    name: 'an image that boots by another firmware cannot be booted by the machine as it is',
    known: pinned,
    graph: {},
    source: { ...source, boot: { ...source.boot, kind: 'BaseImage', firmware: 'UEFI' } },
    phase: 'Stalled',
    is: 'RescueFirmwareDiffers',
    stalled: 'RescueFirmwareDiffers',
  },
  {
    name: 'a claim does not say what boots it: its worker looks',
    known: pinned,
    graph: {},
    source: { ...source, boot: { ...source.boot, firmware: 'UEFI' } },
    phase: 'Rescuing',
    is: 'RescueCopying',
    step: 'fill',
  },
  {
    name: 'a snapshot comes first: the two share their room',
    known: pinned,
    graph: { isSnapshotted: true },
    phase: 'Rescuing',
    is: 'RescuePreparing',
  },
  {
    name: 'a worker at work is left alone',
    known: pinned,
    graph: offered,
    worker: working,
    phase: 'Rescuing',
    is: 'RescueCopying',
  },
  {
    name: 'a full disk is booted',
    known: pinned,
    graph: offered,
    worker: filled,
    phase: 'Rescuing',
    is: 'RescueBooting',
    step: 'boot',
  },
  {
    name: 'what an operator left half-way is gone on with',
    known: pinned,
    graph: { ...switched, runState: 'prelaunch' },
    worker: filled,
    phase: 'Rescuing',
    is: 'RescueBooting',
    step: 'boot',
  },
  {
    name: 'then its worker goes',
    known: pinned,
    graph: switched,
    worker: filled,
    phase: 'Rescuing',
    is: 'RescueBooting',
    step: 'removeWorker',
  },
  {
    name: 'when it was started is written down',
    known: pinned,
    graph: switched,
    phase: 'Rescuing',
    is: 'RescueBooting',
  },
  {
    name: 'the disk waits for the rescue system to answer, whatever the kubelet still says of the old one',
    known: begun,
    graph: switched,
    phase: 'Rescuing',
    is: 'RescueBooting',
  },
  {
    name: 'which then is given it',
    known: begun,
    answers: true,
    graph: switched,
    phase: 'Rescuing',
    is: 'RescueBooting',
    step: 'attach',
  },
  {
    name: 'one that never answers is given it all the same',
    known: { ...pinned, bootedAt: ago(181) },
    graph: switched,
    pod: booting,
    phase: 'Rescuing',
    is: 'RescueBooting',
    step: 'attach',
  },
  { name: 'and is rescued', known: begun, graph: done, phase: 'Rescued', is: 'Rescued' },
  { name: 'which is not asked about again', known: begun, said: 'Rescued', phase: 'Rescued', is: 'Rescued' },
  {
    name: 'a rescue system that was powered off is not started again',
    known: begun,
    graph: { ...done, runState: 'shutdown' },
    pod: booting,
    phase: 'Rescued',
    is: 'Rescued',
  },
  // It fails.
  {
    name: 'an image that does not fit is said, with the worker as the proof',
    known: pinned,
    graph: offered,
    worker: noRoom,
    phase: 'Stalled',
    is: 'RescueFailed',
    stalled: 'RescueFailed',
  },
  {
    name: 'another worker tries, where it may help',
    known: pinned,
    graph: offered,
    worker: brokenOff,
    phase: 'Stalled',
    is: 'RescueFailed',
    step: 'removeWorker',
    stalled: 'RescueFailed',
  },
  // Back.
  {
    name: 'without rescue it is brought back',
    rescue: undefined,
    known: begun,
    graph: done,
    phase: 'Rescuing',
    is: 'RescueEnding',
    step: 'end',
  },
  {
    name: 'its worker goes first',
    rescue: undefined,
    known: pinned,
    graph: offered,
    worker: working,
    phase: 'Rescuing',
    is: 'RescueEnding',
    step: 'removeWorker',
  },
  {
    name: 'a machine that was reset and not let go on is',
    rescue: undefined,
    known: begun,
    graph: { runState: 'prelaunch' },
    phase: 'Rescuing',
    is: 'RescueEnding',
    step: 'end',
  },
  {
    name: 'an answer of the rescue system, of which the kubelet still speaks, is none of the VM',
    rescue: undefined,
    known: begun,
    graph: {},
    phase: 'Rescuing',
    is: 'RescueEnding',
  },
  {
    name: 'a VM that is back and does not answer is no longer rescued',
    rescue: undefined,
    known: begun,
    graph: {},
    said: 'RescueEnding',
    pod: booting,
    phase: 'Booting',
    is: undefined,
  },
  {
    name: 'and then it is as if nothing had been',
    rescue: undefined,
    known: begun,
    answers: true,
    graph: {},
    said: 'RescueEnding',
    phase: 'Ready',
    is: undefined,
  },
  {
    name: 'another image is another rescue, after the first',
    rescue: { image: 'b' },
    known: begun,
    graph: done,
    phase: 'Rescuing',
    is: 'RescueEnding',
    step: 'end',
  },
  // Another VM.
  {
    name: 'a VM that was started afresh is not rescued: its disk is gone',
    known: begun,
    restartsBefore: 1,
    phase: 'Ready',
    is: 'RescueLost',
  },
  {
    name: 'what the worker of the lost one left goes',
    known: begun,
    restartsBefore: 1,
    worker: filled,
    phase: 'Ready',
    is: 'RescueLost',
    step: 'removeWorker',
  },
  {
    name: 'without rescue nothing is left of that',
    rescue: undefined,
    known: begun,
    restartsBefore: 1,
    phase: 'Ready',
    is: undefined,
  },
  // Other wishes.
  {
    name: 'a stop comes before',
    known: begun,
    said: 'Rescued',
    spec: { powerState: 'Stopped' },
    phase: 'Stopping',
    is: 'Rescued',
    step: 'delete',
  },
  {
    name: 'a pod that goes keeps what was said',
    known: begun,
    said: 'Rescued',
    change: terminating,
    phase: 'Stopping',
    is: 'Rescued',
  },
]

for (const row of rows) {
  test(row.name, () => {
    const seen = given(row)
    const verdict = decide(seen)
    const { action } = verdict
    const step = action?.kind === 'rescue' ? action.step : action?.kind
    const status = statusOf(seen, verdict)
    const rescued = status.conditions?.find(({ type }) => type === 'Rescued')
    assert.equal(
      [status.phase, rescued?.reason, step, verdict.stalled?.reason],
      [row.phase, row.is, row.step, row.stalled],
    )
    const isOver = row.rescue === undefined && 'rescue' in row && row.is === undefined
    if (isOver) assert.is(status.rescue, undefined)
    else if (row.known !== undefined) assert.is(status.rescue?.name, 'tools')
  })
}

test('a rescued VM is neither ready nor on its way to that', () => {
  const seen = given({ known: begun, graph: done })
  const types = statusOf(seen, decide(seen)).conditions?.map(({ type }) => type)
  assert.equal(
    ['Ready', 'Reconciling', 'GuestReady'].map((type) => types?.includes(type as never)),
    [false, false, true],
  )
})

test('neither way asks for a rebuild', () => {
  assert.is(specHash(instance({ rescue: wanted }).spec), specHash(instance().spec))
})

test('what the API server refuses of it is said, and the VM runs on', () => {
  const seen = given({ known: pinned, graph: {} })
  const { phase, stalled, action, guestReady } = rescueTrouble(decide(seen), 'no room.', 'QuotaExceeded')
  assert.equal(
    [phase, stalled?.reason, action, guestReady.status],
    ['Stalled', 'QuotaExceeded', undefined, 'True'],
  )
})

test('the history and the events tell of both ways', () => {
  const away = given({ known: begun, graph: done })
  assert.equal(
    statusOf(away, decide(away)).actions?.map(({ action }) => action),
    ['Start', 'Rescue'],
  )
  const back = given({ rescue: undefined, known: begun, graph: {}, answers: true, said: 'RescueEnding' })
  assert.is(statusOf(back, decide(back)).actions?.at(-1)?.action, 'Unrescue')
})

test.run()

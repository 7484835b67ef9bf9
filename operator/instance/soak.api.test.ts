import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { namespaces, pods, secrets } from '../kube/resource.ts'
import { type Footprint, footprint } from './testing/footprint.ts'
import type { Lab } from './testing/lab.ts'
import { live, seeded } from './testing/lives.ts'
import { OperatorProcess } from './testing/operator-process.ts'
import { Tap, type Trouble } from './testing/tap.ts'
import { World } from './testing/world.ts'

/**
 * The operator as a process, with lives and faults going by for as long as it is told: `make soak MINUTES=60`. What it holds
 * at the end is what it held after the first part.
 */
const minutes = Number(process.env.EPHEMERA_SOAK_MINUTES ?? 1)
const seconds = minutes * 60
/** Connections that the operator may keep for its next calls, or not. */
const spare = 8
/** Instances that live at the same time. */
const actors = 16

let world: World
let lab: Lab
let tap: Tap
let operator: OperatorProcess

test.before(async () => {
  world = await World.start(10)
  await world.client.create(namespaces, { metadata: { name: 'ephemera-system' } })
  lab = await world.lab('soak')
  tap = await Tap.start(world.server, 'operator')
  operator = await OperatorProcess.start(world.server, tap, ['--log-level=warn'])
  await lab.until('the operator to be ready', () => operator.isReady())
})
test.after(async () => {
  operator?.kill('SIGKILL')
  await operator?.exited
  await tap?.stop()
  await world?.stop()
})

const faults: ReadonlyArray<Trouble | 'drop'> = [
  'drop',
  'away',
  'frozen',
  { status: 500 },
  { status: 429, retryAfterSeconds: 1 },
]
const random = seeded(7)
let lives = 0
let troubles = 0

/** Lives, side by side, until the time is over and there were so many, and each has come to its end. */
async function lead(forSeconds: number, atLeast: number): Promise<void> {
  const end = performance.now() + forSeconds * 1000
  const enough = lives + atLeast
  const actor = async () => {
    while (performance.now() < end || lives < enough) await live(lab, `vm${++lives}`, random)
  }
  let isOver = false
  const trouble = async () => {
    while (!isOver) {
      const begun = lives
      await lab.until('some lives', () => isOver || lives - begun >= actors)
      if (isOver) return
      const fault = faults[troubles++ % faults.length]
      if (fault === 'drop') tap.drop()
      else {
        tap.trouble(fault)
        const over = performance.now() + 1000
        await lab.until('the trouble to be over', () => performance.now() > over)
        tap.trouble()
      }
    }
  }
  const troubling = trouble()
  await Promise.all(Array.from({ length: actors }, actor))
  isOver = true
  await troubling
}

/** Nothing is left to do, and nothing of what lived. */
async function quiet(): Promise<void> {
  await lab.until('nothing to be left', async () => {
    const here = { namespace: lab.name }
    const left = await Promise.all([lab.client.list(pods, here), lab.client.list(secrets, here)])
    return left.every(({ items }) => items.length === 0)
  })
  await lab.until('the queues to be empty', async () => (await operator.pending()) === 0)
}

const shown = ({ heap, files, sockets, resident }: Footprint) =>
  `heap ${heap.toFixed(1)} MiB, ${files} files, ${sockets} of them sockets, resident ${resident.toFixed(0)} MiB`

test(`${minutes} min of lives and faults leave nothing behind in the operator`, async () => {
  // The first lives fill what stays filled.
  await lead(seconds / 3, 2 * actors)
  await quiet()
  const [livesBefore, early] = [lives, await footprint(operator)]
  await lead((seconds * 2) / 3, 2 * actors)
  await quiet()
  const late = await footprint(operator)
  const story = [
    `after ${livesBefore} lives: ${shown(early)}`,
    `after ${lives} lives and ${troubles} faults: ${shown(late)}`,
  ].join('\n')
  console.log(story)
  assert.ok(lives >= 2 * actors && troubles >= 2, story)
  assert.ok(late.heap - early.heap < 2, story)
  assert.ok(late.files <= early.files + spare, story)
  assert.ok(late.sockets <= early.sockets + spare, story)
  assert.not(operator.hasExited)
  assert.equal(world.kubelet.vms.doubles, [])
})

test.run()

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Switched } from '../../operator/control/switched.ts'
import { blockNames } from '../../operator/snapshot/disk/names.ts'
import { asOperator } from './as-operator.ts'
import { qemuImg } from './images.ts'
import type { Worker } from './lab.ts'
import { type Pod, sha256, startPod } from './pod.ts'
import { type Puller, startPuller } from './snapshot-puller.ts'
import { type Subject, subjectOf } from './snapshot-subject.ts'
import { waitFor } from './wait-for.ts'

/** One guest for all rows, but those whose QEMU is killed. */
let pod: Pod
let subject: Subject
let puller: Puller
/** Bytes that a whole copy takes on its way. */
let whole = 0

/** A guest with 16 MiB of its own on its disk, and what snapshots it. */
type Whole = Readonly<{ vm: Pod; subject: Subject; puller: Puller }>

async function startAll(): Promise<Whole> {
  const vm = await startPod()
  const puller = await startPuller(vm)
  await vm.until((state) => state.guest === 'Ready')
  await vm.ssh('dd if=/dev/urandom of=/written bs=1M count=16 conv=fsync 2>/dev/null')
  return { vm, subject: subjectOf(vm), puller }
}

test.before(async () => {
  const all = await startAll()
  pod = all.vm
  subject = all.subject
  puller = all.puller
})
test.after(async () => {
  await puller?.remove()
  await pod?.remove()
})

/** Again until it is done, as the operator does. */
const again = <T>(what: () => Promise<T>): Promise<T> => {
  let failure: unknown
  return waitFor(
    () =>
      what().catch((error: unknown) => {
        failure = error
        return undefined
      }),
    30,
    () => `${failure}\n${pod.log().slice(-2000)}`,
  )
}

/** Afterwards there is nothing of it in QEMU, and the guest writes. */
async function isOver(uid: string): Promise<void> {
  await again(() => subject.release(uid))
  assert.equal(await subject.left(), [])
  assert.is(await subject.write(), 'wrote')
}

/** A target has a whole image with its record, or none. */
async function imageIn(target: string): Promise<'whole' | 'none'> {
  const disk = join(target, 'disk.qcow2')
  if (!existsSync(disk)) return 'none'
  qemuImg('check', '-q', disk)
  const record = JSON.parse(readFileSync(join(target, 'disk.json'), 'utf8')) as { sha256: string }
  assert.is(record.sha256, await sha256(disk))
  return 'whole'
}

/** The next snapshot, on a volume that an interrupted one may have left something on. */
async function nextSucceeds(uid: string, target?: string): Promise<void> {
  await subject.take(uid)
  const worker = puller.start(uid, target)
  const { outcome } = await worker.ended
  assert.is(outcome.reason, 'Complete', worker.log())
  assert.equal(readdirSync(worker.target).sort(), ['disk.json', 'disk.qcow2'])
  assert.is(await imageIn(worker.target), 'whole')
  await isOver(uid)
}

test('a snapshot that nothing interrupts is copied whole', async () => {
  await nextSucceeds('whole')
  whole = puller.most()
  assert.ok(whole > 32 * 1024 ** 2, `${whole} bytes`)
  console.log(`a whole copy takes ${whole} bytes on its way`)
})

type Point = Readonly<
  { name: string } & (
    | { at: 'waiting' | 'switching' }
    /** When this part of the whole copy has come through. */
    | { at: 'copying'; part: number }
    | { at: 'phase'; phase: string }
  )
>
const points: readonly Point[] = [
  { name: 'before the moment', at: 'waiting' },
  { name: 'at the moment', at: 'switching' },
  ...[0.01, 0.1, 0.25, 0.4, 0.55, 0.7, 0.85, 0.97].map(
    (part): Point => ({ name: `when ${part * 100} % of the bytes are copied`, at: 'copying', part }),
  ),
  { name: 'while the image is checked', at: 'phase', phase: 'Checking' },
  { name: 'while the image is published', at: 'phase', phase: 'Publishing' },
]

type Cut = Readonly<{
  what: string
  /** Gives how many processes it met. */
  happens: (worker: Worker, vm: Pod) => number
  /** What becomes of the worker, by when it happens. Undefined: any of it. */
  ends: Readonly<Record<Point['at'], 'killed' | 'SourceLost' | 'Complete'>>
}>

/** The worker has another one too, for its control port. */
const isTunnel = (pid: number) => {
  const file = `/proc/${pid}/cmdline`
  return existsSync(file) && readFileSync(file, 'utf8').includes('tunnel.conf')
}
const named = (from: Pod | Worker, name: string) =>
  from.processes().filter((process) => process.name.startsWith(name))
function kill(processes: readonly Readonly<{ pid: number }>[]): number {
  for (const { pid } of processes) process.kill(pid, 'SIGKILL')
  return processes.length
}

const cuts: readonly Cut[] = [
  {
    what: 'the worker is killed',
    happens: (worker) => {
      worker.signal('SIGKILL')
      return 1
    },
    ends: { waiting: 'killed', switching: 'killed', copying: 'killed', phase: 'killed' },
  },
  {
    what: "the VM's end of the NBD connection is killed",
    happens: (_, vm) => kill(named(vm, 'stunnel')),
    ends: { waiting: 'Complete', switching: 'Complete', copying: 'SourceLost', phase: 'Complete' },
  },
  {
    what: "the worker's end of the NBD connection is killed",
    happens: (worker) => kill(named(worker, 'stunnel').filter(({ pid }) => isTunnel(pid))),
    ends: { waiting: 'Complete', switching: 'Complete', copying: 'SourceLost', phase: 'Complete' },
  },
]

const phases = ['Preparing', 'Downloading', 'Checking', 'Publishing']
const hasBegun = (worker: Worker) =>
  waitFor(
    () => (existsSync(join(worker.folder, 'run/errors')) ? true : undefined),
    30,
    () => 'the worker does not look for the export',
  )

/** Begins a switch, which waits at its lock until `then` has happened. */
async function whileSwitching(vm: Pod, begin: () => Promise<unknown>, then: () => void): Promise<void> {
  const file = join(vm.folder, 'run/switch.lock')
  writeFileSync(file, '', { flag: 'a' })
  chownSync(file, 1000, 1000) // the pod's user, who opens it too
  const lock = spawn('flock', [file, 'cat'], { stdio: ['pipe', 'pipe', 'ignore'] })
  lock.stdin.write('locked')
  await once(lock.stdout, 'data')
  let said = ''
  // The operator may not hear what it says.
  const begun = begin().catch((error: unknown) => {
    said = String(error)
  })
  await waitFor(
    () => named(vm, 'snapshot-switch')[0],
    30,
    () => `no switch began: ${said}`,
  )
  then()
  lock.stdin.end()
  await once(lock, 'close')
  await begun
}

/** Brings a snapshot to the point, and does there what is to happen to it. */
async function cutAt(
  point: Point,
  uid: string,
  { vm, subject, puller }: Whole,
  happens: Cut['happens'],
): Promise<Worker> {
  if (point.at === 'copying') await puller.hold(Math.round(whole * point.part))
  else await puller.open()
  if (point.at === 'copying' || point.at === 'phase') await subject.take(uid)
  const worker = puller.start(uid)
  if (point.at === 'waiting' || point.at === 'switching') await hasBegun(worker)
  if (point.at === 'switching')
    await whileSwitching(
      vm,
      () => subject.take(uid),
      () => assert.ok(happens(worker, vm) > 0, 'there is nothing to kill'),
    )
  else {
    if (point.at === 'copying') {
      await puller.held()
      assert.is(await subject.write(), 'wrote', 'while the copy stands still')
    }
    if (point.at === 'phase')
      await worker.until(({ phase }) => phases.indexOf(phase) >= phases.indexOf(point.phase))
    const met = happens(worker, vm)
    // A worker that has all of the disk may be done by now.
    assert.ok(met > 0 || point.at === 'phase', 'there is nothing to kill')
  }
  return worker
}

for (const [row, { what, happens, ends }] of cuts.entries()) {
  let target: string | undefined
  for (const [column, point] of points.entries()) {
    test(`${what} ${point.name}: nothing is left, and the guest writes`, async () => {
      const uid = `cut-${row}-${column}`
      const worker = await cutAt(point, uid, { vm: pod, subject, puller }, happens)
      const expected = ends[point.at]
      // What could not be done, or was not heard of, is done again.
      if (expected === 'Complete') await again(() => subject.take(uid))
      const { outcome } = await worker.ended
      if (expected !== 'killed') assert.is(outcome.reason, expected, worker.log())
      const image = await imageIn(worker.target)
      if (expected === 'Complete') assert.is(image, 'whole')
      else if (point.at !== 'phase') assert.is(image, 'none')
      await puller.open()
      await isOver(uid)
      if (expected !== 'Complete') target = worker.target
    })
  }

  test(`${what} half-way: another worker copies the same moment`, async () => {
    const uid = `same-${row}`
    const point: Point = { name: 'half-way', at: 'copying', part: 0.5 }
    const worker = await cutAt(point, uid, { vm: pod, subject, puller }, happens)
    await worker.ended
    await puller.open()
    const { drive, exports } = await again(subject.look)
    assert.equal([drive, exports.length], [blockNames(uid).filter, 1], 'the moment stays, and is offered')
    const other = puller.start(uid, worker.target)
    assert.is((await other.ended).outcome.reason, 'Complete', other.log())
    assert.equal(readdirSync(other.target).sort(), ['disk.json', 'disk.qcow2'])
    await isOver(uid)
  })

  test(`${what}: the next snapshot succeeds, on a volume of one of those`, () => {
    if (target !== undefined && existsSync(join(target, 'disk.qcow2'))) target = undefined
    return nextSucceeds(`next-${row}`, target)
  })
}

type CutAt = Readonly<{ cutAt: string | null }>
const cutOff = (...words: string[]) => asOperator<CutAt>(pod, 'snapshot-cut.ts', ...words)

/** Does it with a cut at the first command, the second, and so on, until there is none that far; gives the commands. */
async function atEach(one: (at: number) => Promise<string | null>): Promise<readonly string[]> {
  const commands: string[] = []
  for (;;) {
    const command = await one(commands.length + 1)
    if (command === null) return commands
    commands.push(command)
  }
}

test('an operator that is killed at any command of an export is followed by one that exports the one moment', async () => {
  const commands = await atEach(async (at) => {
    const uid = `operator-${at}`
    const { cutAt } = await cutOff('export', uid, 'killed', String(at))
    if (cutAt !== null) {
      const before = switchedTo(uid)
      const { takenAt } = await again(() => subject.take(uid))
      if (before !== undefined) assert.is(takenAt, before.takenAt, cutAt)
      assert.is((await subject.look()).exports.length, 1, cutAt)
    }
    await isOver(uid)
    return cutAt
  })
  console.log(`export: ${commands.join(', ')}`)
  assert.ok(commands.length >= 10 && commands.includes('switch'), commands.join())
})

/** What the pod says of the last switch, where that was to this snapshot. */
function switchedTo(uid: string): { takenAt: string } | undefined {
  const file = join(pod.folder, 'run/switched')
  const [, node, said = '{}'] = /^(\S+) (.*)/.exec(existsSync(file) ? readFileSync(file, 'utf8') : '') ?? []
  return node === blockNames(uid).filter
    ? (JSON.parse(said) as Extract<Switched, { switched: true }>)
    : undefined
}

test('a QMP connection that is cut at any command of an export leaves nothing that a release does not take away', async () => {
  await atEach(async (at) => {
    const uid = `cut-export-${at}`
    const { cutAt } = await cutOff('export', uid, 'cut', String(at))
    await isOver(uid)
    return cutAt
  })
})

for (const way of ['cut', 'killed']) {
  test(`a release that is ${way} at any command is finished by the next`, async () => {
    const commands = await atEach(async (at) => {
      const uid = `${way}-release-${at}`
      await subject.take(uid)
      const { cutAt } = await cutOff('release', uid, way, String(at))
      await isOver(uid)
      return cutAt
    })
    console.log(`release: ${commands.join(', ')}`)
    assert.ok(commands.length >= 8, commands.join())
  })
}

/** Each takes a guest of its own, hence so few. */
const deaths: readonly Point[] = points.filter(
  (point) => point.at === 'switching' || (point.at === 'copying' && [0.4, 0.97].includes(point.part)),
)
for (const [row, point] of deaths.entries()) {
  test(`QEMU is killed ${point.name}: the pod ends, and no half of an image is left`, async () => {
    const other = await startAll()
    try {
      const happens = () => kill(named(other.vm, 'qemu-system'))
      const worker = await cutAt(point, `death-${row}`, other, happens)
      const { message } = await other.vm.ended
      assert.match(message, /QEMUFailed/)
      assert.equal(other.vm.processes(), [])
      // One that still waits for its export is removed by the operator.
      if (point.at === 'switching') worker.signal('SIGKILL')
      const { outcome } = await worker.ended
      if (point.at === 'copying') assert.is(outcome.reason, 'SourceLost', worker.log())
      assert.is(await imageIn(worker.target), 'none')
      assert.not.ok(readdirSync(worker.target).includes('disk.json'))
    } finally {
      await other.puller.remove()
      await other.vm.remove()
    }
  })
}

test('after all of it a snapshot succeeds', () => nextSucceeds('last'))

test.run()

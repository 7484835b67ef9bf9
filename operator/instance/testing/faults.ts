import * as assert from 'uvu/assert'
import { atRest } from './at-rest.ts'
import type { FaultKind } from './faulty-client.ts'
import { fingerprint } from './fingerprint.ts'
import type { Lab } from './lab.ts'
import type { TestOperator } from './operator.ts'
import { type ChangeOfMind, name, type Path } from './paths.ts'
import type { World } from './world.ts'

/** How a path goes when nothing goes wrong. */
export type Baseline = Readonly<{ writes: number; print: unknown }>

/** The k-th write of a path, or each of them (and then its repetition goes well), and what happens at it. */
export type Fault = Readonly<{ k: number | 'each'; kind: FaultKind }>

const printOf = (lab: Lab, path: Path): Promise<unknown> => path.print?.(lab) ?? fingerprint(lab, name)

async function newLab(world: World, path: Path): Promise<Lab> {
  const lab = await world.freshLab('lab')
  if (path.showsStart !== true) world.kubelet.hurry(lab.name)
  return lab
}

/** Goes a path without a fault. */
export async function goWell(world: World, path: Path): Promise<Baseline> {
  const lab = await newLab(world, path)
  const operator = await beginning(lab, path)
  const before = operator.client.writes.length
  await path.act(lab)
  await lab.until(`the end of: ${path.name}`, () => path.settled(lab))
  await atRest(lab, operator)
  const print = await printOf(lab, path)
  await operator.stop()
  return { writes: operator.client.writes.length - before, print }
}

/**
 * Goes a path with one fault on it, and a fresh operator after a crash; throws unless it comes to the end that
 * `baseline` came to. False: the path was over before the k-th write.
 */
export async function goWrong(world: World, path: Path, fault: Fault, baseline: Baseline): Promise<boolean> {
  const lab = await newLab(world, path)
  const first = await beginning(lab, path)
  await goUntil(lab, path, first, fault)
  let last = first
  let print = await printOf(lab, path)
  const isThere = async () => {
    // It may also come to a write that is its last after the end was to be seen.
    if (last === first && first.client.isDead) {
      await first.crash()
      last = await lab.operator()
    }
    print = await printOf(lab, path)
    return JSON.stringify(print) === JSON.stringify(baseline.print)
  }
  await lab.until(`the same end of: ${described(path, fault)}`, isThere).catch((error: unknown) => {
    assert.equal(print, baseline.print, `${error}\n${last.troubles()}`)
  })
  assert.equal(lab.world.kubelet.vms.doubles, [])
  await last.crash()
  return first.client.hasFailed
}

/** Crashes on a path, or just after its end; then somebody wants something else, and a fresh operator has to see to it. */
export async function goElsewhere(world: World, path: ChangeOfMind, k: number): Promise<boolean> {
  const lab = await newLab(world, path)
  const first = await beginning(lab, path)
  await goUntil(lab, path, first, { k, kind: 'crash' })
  await first.crash()
  await path.change(lab)
  const second = await lab.operator()
  const what = `the end of: ${described(path, { k, kind: 'crash' })}`
  await lab.until(what, () => path.settledAfter(lab))
  await second.crash()
  return first.client.hasFailed
}

async function beginning(lab: Lab, path: Path): Promise<TestOperator> {
  const operator = await lab.operator()
  await path.before?.(lab)
  await lab.until('the operator to be idle', () => operator.isIdle)
  return operator
}

/** What the operator hears of late: nothing of one kind until it has looked often enough, or each event a random while. */
export type Staleness = Readonly<{ held: string }> | Readonly<{ mostMs: number }>

/** Goes a path with caches that lag behind; throws unless it comes to the end that `baseline` came to. */
export async function goStale(
  world: World,
  path: Path,
  staleness: Staleness,
  baseline: Baseline,
): Promise<void> {
  const lab = await newLab(world, path)
  const operator = await beginning(lab, path)
  if ('held' in staleness) operator.client.hold(staleness.held)
  else operator.client.delayWatches(staleness.mostMs)
  await path.act(lab)
  for (let looks = 0; looks < 5; looks++) {
    // It has decided on what it knows, and what it wrote has had its effects.
    operator.controller.enqueue(`${lab.name}/${name}`)
    await lab.until('the operator to be idle', () => operator.isIdle)
    await lab.until('the kubelet to be idle', () => world.kubelet.isIdle)
  }
  operator.client.letGo()
  let print = await printOf(lab, path)
  const isThere = async () => {
    print = await printOf(lab, path)
    return JSON.stringify(print) === JSON.stringify(baseline.print)
  }
  const what = `the same end of: ${path.name}, ${JSON.stringify(staleness)}`
  await lab.until(what, isThere).catch((error: unknown) => {
    assert.equal(print, baseline.print, `${error}\n${operator.troubles()}`)
  })
  assert.equal(lab.world.kubelet.vms.doubles, [])
  await operator.crash()
}

/** To the crash, or to the end of the path where it does not come to one. */
async function goUntil(lab: Lab, path: Path, operator: TestOperator, fault: Fault): Promise<void> {
  if (fault.k === 'each') operator.client.failEach(fault.kind, path.writes)
  else operator.client.failAt(fault.k, fault.kind, path.writes)
  await path.act(lab)
  const what = `the end of: ${described(path, fault)}`
  await lab.until(what, async () => operator.client.isDead || path.settled(lab))
  if (operator.client.isDead) await operator.crash()
}

const described = (path: Path, { k, kind }: Fault): string =>
  `${path.name}, ${kind} at ${k === 'each' ? 'each write' : `write ${k}`}`

/** Calls `go` for k = 1, 2, ... until it answers false, some at the same time. Gives the last k that it did not. */
export async function forEveryWrite(go: (k: number) => Promise<boolean>): Promise<number> {
  let next = 0
  let over = false
  let most = 0
  const worker = async () => {
    while (!over) {
      const k = ++next
      if (await go(k)) most = Math.max(most, k)
      else over = true
    }
  }
  await Promise.all([worker(), worker(), worker()])
  return most
}

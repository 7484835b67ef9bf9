import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Pod, startPod } from './pod.ts'
import { type Puller, startPuller } from './snapshot-puller.ts'
import { type Subject, subjectOf } from './snapshot-subject.ts'
import { waitFor } from './wait-for.ts'

let pod: Pod
let subject: Subject
let puller: Puller
test.before(async () => {
  pod = await startPod()
  subject = subjectOf(pod)
  puller = await startPuller(pod)
  await pod.until((state) => state.guest === 'Ready')
  const folder = mkdtempSync(join(tmpdir(), 'ephw-tick-'))
  const source = join(import.meta.dirname, 'snapshot-tick.c')
  const program = join(folder, 'tick')
  execFileSync('gcc', ['-O2', '-static', '-Wall', '-Werror', '-o', program, source])
  const put = await pod.ssh(
    'base64 -d >/tick && chmod +x /tick && echo put',
    readFileSync(program).toString('base64'),
  )
  rmSync(folder, { recursive: true })
  assert.is(put.stdout, 'put\n', put.stderr)
})
test.after(async () => {
  await puller?.remove()
  await pod?.remove()
})

/** Has the guest wake every millisecond, so often at least and until the file is there. */
async function tick(count: number, file = '/'): Promise<Readonly<{ count: number; gapMs: number }>> {
  const { stdout, stderr } = await pod.ssh(`/tick ${count} ${file}`)
  const [counted, gap] = stdout.split(' ').map(Number)
  if (counted === undefined || gap === undefined) throw new Error(stderr)
  return { count: counted, gapMs: gap }
}

/** How often the guest is to wake while its copy stands still: 5 s at least. */
const heldTicks = 5000

for (const quiesce of ['Never', 'Required']) {
  test(`a guest goes on every millisecond while it is copied, with quiesce ${quiesce}: nothing waits for the copy`, async () => {
    const uid = `tick-${quiesce}`
    const rest = await tick(heldTicks)
    await pod.ssh('rm -f /began /stop')
    const watched = pod.ssh('touch /began; /tick 1 /stop')
    await waitFor(
      async () => (await pod.ssh('test -e /began')).code === 0 || undefined,
      30,
      () => 'it does not tick',
    )

    await puller.hold(1024 ** 2)
    const { pauseMs } = await subject.take(uid, quiesce)
    const worker = puller.start(uid)
    await puller.held()
    const heldAt = performance.now()
    const meanwhile = await tick(heldTicks)
    const heldMs = performance.now() - heldAt
    await puller.open()
    assert.is((await worker.ended).outcome.reason, 'Complete', worker.log())
    await subject.release(uid)
    await pod.ssh('touch /stop')

    const { stdout, stderr } = await watched
    const [count = 0, gapMs = Number.NaN] = stdout.split(' ').map(Number)
    console.log(
      `quiesce ${quiesce}: longest gap ${rest.gapMs} ms at rest, ${gapMs} ms in the snapshot (of it ${meanwhile.gapMs} ms in ${heldMs.toFixed()} ms that the copy stood still); switch ${pauseMs} ms`,
    )
    assert.ok(count > heldTicks, stderr)
    // A guest that stood still for its copy would have stood still for all of this.
    assert.ok(gapMs < heldMs, `a gap of ${gapMs} ms, where the copy was held for ${heldMs} ms`)
    assert.equal(await subject.left(), [])
  })
}

test.run()

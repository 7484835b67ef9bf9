import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { qemuImg } from './images.ts'
import { type Pod, startPod } from './pod.ts'
import { type Ran, ran } from './ran.ts'
import { type Puller, startPuller } from './snapshot-puller.ts'
import { type Subject, subjectOf } from './snapshot-subject.ts'
import { waitFor } from './wait-for.ts'

let pod: Pod
let subject: Subject
let puller: Puller
let folder: string
test.before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ephw-prefix-'))
  pod = await startPod()
  subject = subjectOf(pod)
  puller = await startPuller(pod)
  await pod.until((state) => state.guest === 'Ready')
})
test.after(async () => {
  await puller?.remove()
  await pod?.remove()
  rmSync(folder, { recursive: true })
})

/** Writes 1, 2, 3, ... for ever: each number is on the disk before the next is written. */
const writer = 'i=0; while :; do i=$((i + 1)); echo $i >>/root/sequence; sync /root/sequence; done'

const numbersIn = (text: string): readonly number[] => text.split('\n').filter(Boolean).map(Number)
const inGuest = async () => numbersIn((await pod.ssh('cat /root/sequence')).stdout)
const isGapless = (numbers: readonly number[]) => numbers.every((number, at) => number === at + 1)

/** The file system of the guest's root, its second partition, as the image has it. */
function rootOf(image: string): string {
  const [disk, root] = [join(folder, 'disk.raw'), join(folder, 'root.img')]
  qemuImg('convert', '-O', 'raw', image, disk)
  const layout = execFileSync('sfdisk', ['--json', disk], { encoding: 'utf8' })
  const { start, size } = JSON.parse(layout).partitiontable.partitions[1] as { start: number; size: number }
  const words = [`skip=${start * 512}`, `count=${size * 512}`, 'iflag=skip_bytes,count_bytes']
  execFileSync('dd', [`if=${disk}`, `of=${root}`, 'bs=1M', 'conv=sparse', 'status=none', ...words])
  return root
}

const said = ({ code, stdout, stderr }: Ran) => `${code}\n${stdout}${stderr}`

test('a guest that is not frozen is snapshotted as by a power cut: its journal makes the disk whole, and all that was synced is there, and no more', async () => {
  await pod.ssh(`(setsid sh -c '${writer}' </dev/null >/dev/null 2>&1 &)`)
  const more = (than: number) =>
    waitFor(
      async () => {
        const numbers = await inGuest()
        return numbers.length > than ? numbers : undefined
      },
      60,
      () => 'the guest writes no numbers',
    )
  // The last number may not be on the disk yet, all before it are.
  const synced = (await more(50)).length - 1
  const { quiesced } = await subject.take('prefix')
  const most = (await inGuest()).length
  const worker = puller.start('prefix')
  const { outcome } = await worker.ended
  assert.is(outcome.reason, 'Complete', worker.log())
  assert.is(quiesced, false)
  assert.ok(isGapless(await more(most)), 'the guest itself has all numbers')

  const root = rootOf(join(worker.target, 'disk.qcow2'))
  const needed = execFileSync('dumpe2fs', ['-h', root], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  assert.match(needed, /needs_recovery/, 'it was in use')
  const replayed = await ran('e2fsck', ['-y', '-E', 'journal_only', root])
  assert.ok((replayed.code ?? 9) <= 1, said(replayed))
  const checked = await ran('e2fsck', ['-f', '-n', root])
  assert.is(checked.code, 0, said(checked))

  const kept = numbersIn((await ran('debugfs', ['-R', 'cat /root/sequence', root])).stdout)
  console.log(
    `${synced} numbers were synced before, ${kept.length} are in the snapshot, ${most} were there after its moment`,
  )
  assert.ok(isGapless(kept), `not a prefix: ${kept.slice(-5)}`)
  assert.ok(kept.length >= synced, `${kept.length} of ${synced} that were on the disk`)
  assert.ok(kept.length <= most, `${kept.length} where ${most} had been written`)
  await subject.release('prefix')
  assert.equal(await subject.left(), [])
})

test.run()

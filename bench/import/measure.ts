import { execFileSync } from 'node:child_process'
import { chownSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Lab, startLab, type Worker } from '../../runner/test/lab.ts'
import { ran } from '../../runner/test/ran.ts'
import { median } from '../median.ts'
import type { Aims, Metrics } from '../table.ts'

/** The most that each figure may be. */
export const importAims: Aims = { import_ratio: 1.15, import_rss_mib: 128 }

const MiB = 1024 ** 2
const KiB = 1024
const here = import.meta.dirname

/** One import: how long it took, in ms, and the most memory of its own (not page cache) that it had, in MiB. */
type Import = Readonly<{ ms: number; mib: number }>

/**
 * Imports a compressed qcow2 over HTTP with a worker, and by hand (curl, qemu-img convert, sync) with the same programs, by turns, on
 * the disk below the temporary folder. Needs root. Metrics: `import_ratio` and `import_rss_mib`.
 */
export async function measureImport(
  disk: string,
  rounds: number,
  say: (text: string) => void,
): Promise<Metrics> {
  const lab = await startLab()
  const folder = mkdtempSync(join(tmpdir(), 'bench-import-'))
  try {
    const root = execFileSync(join(here, '../../runner/test/rootfs'), { encoding: 'utf8' }).trim()
    const image = join(lab.files, 'image.qcow2')
    execFileSync('qemu-img', ['convert', '-O', 'qcow2', '-c', disk, image])
    say(`image: ${Math.round(statSync(image).size / MiB)} MiB`)
    const [workers, memory, hands]: [number[], number[], number[]] = [[], [], []]
    for (let round = 1; round <= rounds; round++) {
      hands.push(await byHand(lab, root, mkdtempSync(join(folder, 'hand-'))))
      workers.push((await byWorker(lab, mkdtempSync(join(folder, 'worker-')), false)).ms)
      memory.push((await byWorker(lab, mkdtempSync(join(folder, 'worker-')), true)).mib)
      say(
        `${round}: worker ${workers.at(-1)} ms, ${memory.at(-1)?.toFixed(1)} MiB; by hand ${hands.at(-1)} ms`,
      )
    }
    const [worker, hand] = [median(workers), median(hands)]
    const mib = Math.max(...memory)
    return {
      import_ratio: { value: worker / hand, unit: 'ratio', baseline: hand, ratio: worker / hand, n: rounds },
      import_rss_mib: { value: mib, unit: 'MiB', baseline: 128, ratio: mib / 128, n: rounds },
    }
  } finally {
    await lab.remove()
    rmSync(folder, { recursive: true })
  }
}

/** Looking at memory takes a part of a processor: an import that is `watched` is not timed. */
async function byWorker(lab: Lab, target: string, watched: boolean): Promise<Import> {
  chownSync(target, 1000, 1000)
  const worker = lab.start({
    job: 'import-http',
    target,
    env: { WORKER_URL: `${lab.url}/image.qcow2`, WORKER_MAX_BYTES: String(64 * 1024 * MiB) },
  })
  let mib = 0
  const look = () => {
    mib = Math.max(mib, ownMemory(worker))
  }
  await worker.until(() => true)
  const began = performance.now()
  const watch = watched ? setInterval(look, 100) : undefined
  const { code } = await worker.ended
  const ms = Math.round(performance.now() - began)
  clearInterval(watch)
  if (code !== 0) throw new Error(worker.log())
  rmSync(target, { recursive: true })
  return { ms, mib }
}

/** MiB of memory that the worker's processes have to themselves. */
function ownMemory(worker: Worker): number {
  let kib = 0
  for (const { pid } of worker.processes()) {
    try {
      kib += Number(/^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
    } catch {
      // It has just ended.
    }
  }
  return kib / KiB
}

async function byHand(lab: Lab, root: string, target: string): Promise<number> {
  const tool = (name: string) =>
    `${root}/lib64/ld-linux-x86-64.so.2 --library-path ${root}/usr/lib/x86_64-linux-gnu ${root}/usr/bin/${name}`
  const began = performance.now()
  const done = await ran('sh', [
    '-c',
    `cd ${target} && ip netns exec ${lab.pod} ${tool('curl')} -sS -o image ${lab.url}/image.qcow2 &&
     ${tool('qemu-img')} convert -f qcow2 -O qcow2 image disk.qcow2 && rm image && sync disk.qcow2`,
  ])
  if (done.code !== 0) throw new Error(done.stderr)
  const ms = Math.round(performance.now() - began)
  rmSync(target, { recursive: true })
  return ms
}

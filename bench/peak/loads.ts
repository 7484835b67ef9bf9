import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type SshKey, ssh } from '../../e2e/harness/ssh.ts'
import type { Workbench } from '../../e2e/harness/workbench.ts'
import type { Guest } from '../boot/ground.ts'
import { watchScreen } from './screen.ts'

const seconds = 20

/** A VM under load, and who loads it. */
export type Target = Readonly<{
  guest: Guest
  address: string
  key: SshKey
  /** Hexadecimal key of the control port. */
  controlKey: string
  /** Address of a pod that serves what `serve` put there on port 8080. */
  neighbour: string
}>

/** What a guest is made to do, for some 20 s. */
export type Load = Readonly<{ name: string; run: (target: Target) => Promise<void> }>

/** An SSH server turns away some of those that come together, and ssh ends with 255 then: they come again. */
async function inGuest(target: Target, command: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    const { code, stderr } = await ssh(target.key, target.address, command)
    if (code === 0) return
    if (code !== 255 || tries === 5)
      throw new Error(`"${command}" in the guest ended with ${code}: ${stderr}`)
    await sleep(1000 * tries)
  }
}

const idle: Load = { name: 'at rest', run: () => sleep(5000) }

/** Many writers and readers at once: as many requests in flight as the disk takes. */
const disk: Load = {
  name: 'disk',
  run: (target) =>
    inGuest(
      target,
      `cd /data 2>/dev/null || cd /; end=$(($(date +%s) + ${seconds}))
       for i in 1 2 3 4 5 6 7 8; do
         (while [ $(date +%s) -lt $end ]; do dd if=/dev/zero of=load-$i bs=256k count=64 conv=fsync; dd if=/dev/vda of=/dev/null bs=64k count=512 skip=$((i * 512)); done) 2>/dev/null &
       done; wait; rm -f load-*`,
    ),
}

/** Out and in, over several connections at once; SSH servers turn away more than a few that come together. */
const network: Load = {
  name: 'network',
  run: async (target) => {
    const out = inGuest(
      target,
      `end=$(($(date +%s) + ${seconds})); for i in 1 2 3 4; do (while [ $(date +%s) -lt $end ]; do wget -q -O /dev/null http://${target.neighbour}:8080/big; done) & done; wait`,
    )
    const over = Array.from({ length: 2 }, () => inGuest(target, 'head -c 40000000 /dev/zero'))
    await Promise.all([out, ...over])
  },
}

/** Ten people look at the screen over the control port. */
const screen: Load = {
  name: 'screen',
  run: ({ address, controlKey }) => watchScreen({ host: address, key: controlKey }, 10, seconds),
}

/** Most of the guest's free memory, page by page. */
const memory: Load = {
  name: 'memory',
  run: (target) =>
    inGuest(
      target,
      `wget -q -O /tmp/touch http://${target.neighbour}:8080/touch && chmod +x /tmp/touch &&
       /tmp/touch $(awk '/^MemAvailable/ { print int($2 / 1024 * 0.6) }' /proc/meminfo) ${seconds} ${target.guest.cpus}; rm /tmp/touch`,
    ),
}

const all: Load = {
  name: 'all at once',
  run: async (target) => {
    await Promise.all([disk, network, screen, memory].map((load) => load.run(target)))
  },
}

export const loads: readonly Load[] = [idle, disk, network, screen, memory, all]

/** Puts what the guests fetch into the neighbour's folder: a file of some MiB, and the program of the memory load. */
export async function serve(workbench: Workbench): Promise<void> {
  await workbench.sh('dd if=/dev/zero of=/claims/big bs=1M count=32 2>/dev/null')
  const folder = mkdtempSync(join(tmpdir(), 'ephemera-bench-'))
  try {
    const file = join(folder, 'touch')
    execFileSync('gcc', ['-O2', '-static', '-s', '-o', file, join(import.meta.dirname, 'touch.c')])
    await workbench.put(file, '/claims/touch')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

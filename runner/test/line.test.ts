import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { runnerRoot } from './built.ts'
import { waitFor } from './wait-for.ts'

const root = runnerRoot()
const library = readFileSync(join(import.meta.dirname, '../lib/line.sh'), 'utf8')

const children: ChildProcess[] = []
test.after.each(() => {
  for (const child of children) child.kill('SIGKILL')
})

/** Reads lines with the image's own shell, as the loop does that follows a machine. */
function reader() {
  const loop = 'trap : CHLD; while :; do if next_line 0.2; then echo "line $line"; else echo none; fi; done'
  const child = spawn('chroot', [root, 'sh', '-c', `${library}\n${loop}`], {
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
  })
  children.push(child)
  let said = ''
  ;(child.stdout as Readable).on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const heard = (word: string) => said.split('\n').filter((one) => one.startsWith(word))
  const until = (what: string, isSo: () => boolean) =>
    waitFor(
      () => isSo() || undefined,
      30,
      () => `${what} did not come; heard was ${said}`,
    )
  return {
    write: (text: string) => (child.stdio[3] as Writable).write(text),
    lines: () => heard('line ').map((one) => one.slice('line '.length)),
    untilLines: (count: number) => until(`line ${count}`, () => heard('line ').length >= count),
    /** Until it has waited in vain, and once more: what was written before is read by then. */
    untilIdle: () => {
      const before = heard('none').length
      return until('the end of a wait', () => heard('none').length > before + 1)
    },
    signal: () => child.kill('SIGCHLD'),
  }
}

test('a line that comes in two parts, with a pause and a dead child between them, is heard whole', async () => {
  const { write, lines, untilLines, untilIdle, signal } = reader()
  write('one\nrea')
  await untilIdle()
  signal()
  await untilIdle()
  write('dy\n\nthree  { "x": "\\n" }\n')
  await untilLines(4)
  assert.equal(lines(), ['one', 'ready', '', 'three  { "x": "\\n" }'])
})

test.run()

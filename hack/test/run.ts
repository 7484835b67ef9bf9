/**
 * Runs uvu test files, each in a process of its own, and catches what uvu lets pass: a file that never calls `.run()`,
 * a test that hangs, a handle left open (the process does not end), a file in which no test ran.
 *
 *   node hack/test/run.ts FOLDER... [--only TEXT] [--except TEXT] [--first TEXT] [--jobs N] [--timeout SECONDS] [--verbose]
 *     [--tally FILE] [--failures FILE] [--times FILE]
 *
 * --only and --except choose by the file's path; those with --first in it begin, so that the longest is not the last.
 * Of N jobs, none runs beside a file with a line `// Runs alone: WHY`; those come last.
 * The last line is `N passed, N failed`; with --tally it is also appended to FILE, for a total over several runs, with --failures
 * the beginning of each failed file's complaints, to be repeated at their end, and with --times the seconds of each file and its name.
 */
import { spawn } from 'node:child_process'
import { appendFileSync, globSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { failureReport } from './failure.ts'
import { inOrder } from './order.ts'
import { readSummary } from './summary.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: '' },
    except: { type: 'string' },
    first: { type: 'string' },
    jobs: { type: 'string', default: '2' },
    timeout: { type: 'string', default: '60' },
    verbose: { type: 'boolean', default: false },
    tally: { type: 'string' },
    failures: { type: 'string' },
    times: { type: 'string' },
  },
})

type Outcome = Readonly<{
  file: string
  passed: number
  failed: number
  seconds: number
  output: string
  why?: string
}>

const files = positionals
  .flatMap((folder) => globSync(`${folder}/**/*.test.ts`))
  .filter((file) => file.includes(values.only))
  .filter((file) => values.except === undefined || !file.includes(values.except))

if (files.length === 0) {
  console.error(`no test file in ${positionals.join(' ')} has "${values.only}" in its path`)
  process.exit(1)
}

function runFile(file: string): Promise<Outcome> {
  const started = Date.now()
  const seconds = () => (Date.now() - started) / 1000
  if (!/\.run\(\)/.test(readFileSync(file, 'utf8'))) {
    return Promise.resolve({
      file,
      passed: 0,
      failed: 1,
      seconds: 0,
      output: '',
      why: 'never calls .run(), so it tests nothing',
    })
  }
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--enable-source-maps', '--expose-gc', file], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    let timedOut = false
    const collect = (chunk: Buffer) => {
      output += chunk.toString()
      if (values.verbose) process.stdout.write(chunk)
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    const watchdog = setTimeout(() => {
      timedOut = true
      child.kill('SIGKILL')
      // What it started may live on and hold its output open.
      child.stdout.destroy()
      child.stderr.destroy()
    }, Number(values.timeout) * 1000)
    child.on('close', (code) => {
      clearTimeout(watchdog)
      const { passed, failed } = readSummary(output)
      const base = { file, seconds: seconds(), output }
      if (timedOut) {
        resolve({
          ...base,
          passed,
          failed: Math.max(1, failed),
          why: `did not end within ${values.timeout} s: a hanging test or an open handle`,
        })
      } else if (code !== 0) {
        resolve({ ...base, passed, failed: Math.max(1, failed), why: `exit code ${code}` })
      } else if (passed + failed === 0) {
        resolve({ ...base, passed, failed: 1, why: 'no test ran' })
      } else {
        resolve({ ...base, passed, failed })
      }
    })
  })
}

const outcomes: Outcome[] = []
async function work(waiting: string[]): Promise<void> {
  for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
    const outcome = await runFile(file)
    outcomes.push(outcome)
    if (values.times !== undefined)
      appendFileSync(values.times, `${outcome.seconds.toFixed(1)}\t${outcome.file}\n`)
    const verdict = outcome.failed === 0 ? 'ok  ' : 'FAIL'
    console.log(
      `${verdict} ${outcome.file}  ${outcome.passed} passed${outcome.failed > 0 ? `, ${outcome.failed} failed` : ''}  ${outcome.seconds.toFixed(1)} s`,
    )
    if (outcome.failed > 0) {
      if (!values.verbose) console.log(outcome.output.replace(/^/gm, '     '))
      if (outcome.why !== undefined) console.log(`     ${outcome.file}: ${outcome.why}`)
      if (values.failures !== undefined) appendFileSync(values.failures, failureReport(outcome))
    }
  }
}
const { together, alone } = inOrder(files, values.first, (file) => readFileSync(file, 'utf8'))
await Promise.all(Array.from({ length: Number(values.jobs) }, () => work(together)))
await work(alone)

const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0)
const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0)
if (values.tally !== undefined) appendFileSync(values.tally, `${passed} passed, ${failed} failed\n`)
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)

import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

const root = join(import.meta.dirname, '../..')
const build = join(root, 'build')
const head = "import { test } from 'uvu'\nimport * as assert from 'uvu/assert'\n"
const files: readonly { name: string; text: string; seconds?: number; says: RegExp }[] = [
  {
    name: 'counts a test that fails, and keeps its complaint for the end',
    text: `${head}test('one is two', () => assert.is(1, 2))\ntest.run()\n`,
    says: /FAIL .*sample\.test\.ts: exit code 1\n.*FAIL {2}"one is two"/,
  },
  { name: 'refuses a file that runs nothing', text: `${head}test('a', () => {})\n`, says: /never calls/ },
  {
    name: 'ends what hangs, even where another process that it started holds its output',
    text: `${head}import { spawn } from 'node:child_process'
const { pid } = spawn('sleep', ['1000'], { stdio: 'inherit', detached: true })
console.log('sleeper ' + pid)
test('for ever', () => new Promise(() => setInterval(() => {}, 1000)))
test.run()\n`,
    seconds: 5,
    says: /did not end within 5 s/,
  },
]

for (const { name, text, seconds = 60, says } of files) {
  test(name, async () => {
    mkdirSync(build, { recursive: true })
    const folder = mkdtempSync(join(build, 'run-'))
    try {
      writeFileSync(join(folder, 'sample.test.ts'), text)
      const failures = join(folder, 'failures')
      const args = ['hack/test/run.ts', folder, '--timeout', `${seconds}`, '--failures', failures]
      const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
      let output = ''
      child.stdout.on('data', (chunk) => {
        output += chunk
      })
      const code = await new Promise((resolve) => child.on('exit', resolve))
      const sleeper = /sleeper (\d+)/.exec(output)?.[1]
      if (sleeper !== undefined) spawnSync('kill', [sleeper])
      assert.is(code, 1, output)
      assert.match(output, /0 passed, 1 failed\n$/)
      assert.match(readFileSync(failures, 'utf8'), says)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
}

test.run()

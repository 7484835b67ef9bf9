import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

const read = (path: string) => readFileSync(join(import.meta.dirname, '../..', path), 'utf8')

test('the first decision record shows the table of checks as the code has it', () => {
  const [, code = ''] =
    /const checks: readonly Check\[\] = \[\n(.*?)\n\]/s.exec(read('operator/instance/decide.ts')) ?? []
  const checks = [...code.matchAll(/^ {2}(\w+),/gm)].map(([, name]) => name)
  const record = read('docs/adr/0001-the-pod-runs-the-operator-decides.md')
  const rows = [...record.matchAll(/^ {2}\| `(\w+)` \|/gm)].map(([, name]) => name)
  assert.equal(rows, checks)
})

test.run()

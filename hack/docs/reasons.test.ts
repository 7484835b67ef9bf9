import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { imageReasons } from '../../operator/api/image-reasons.ts'
import { reasons as instanceReasons } from '../../operator/api/reasons.ts'

const reasons = { ...instanceReasons, ...imageReasons }
const root = join(import.meta.dirname, '../..')

const rows = [
  ...readFileSync(join(root, 'docs/troubleshooting.md'), 'utf8').matchAll(
    /^\| `(\w+)` \| (.+) \| (.+) \|$/gm,
  ),
].map(([, reason]) => reason)

test('docs/troubleshooting.md has a row for each reason that an object of ours can have', () =>
  assert.equal(
    Object.keys(reasons).filter((reason) => !rows.includes(reason)),
    [],
  ))

test('docs/troubleshooting.md has no row for what is no reason, and none twice', () => {
  assert.equal(
    rows.filter((row) => !(row !== undefined && row in reasons)),
    [],
  )
  assert.equal(
    rows.filter((row, at) => rows.indexOf(row) !== at),
    [],
  )
})

test.run()

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { imageReasons } from '../../operator/api/image-reasons.ts'
import { reasons as instanceReasons } from '../../operator/api/reasons.ts'
import { setReasons } from '../../operator/api/set-reasons.ts'
import { snapshotReasons } from '../../operator/api/snapshot-reasons.ts'

const reasons = { ...instanceReasons, ...imageReasons }
const root = join(import.meta.dirname, '../..')

const page = readFileSync(join(root, 'docs/troubleshooting.md'), 'utf8')
/** The page has a chapter for each kind that can go wrong; what comes before them is about instances. */
const [instances = '', ...others] = page.split(/^# (?=Snapshots|Instance sets)/m)
/** Those that only other jobs of a worker have are listed, and explained with the images. */
const importsOnly = [
  ...[
    'DigestMismatch',
    'BackingFile',
    'ExternalDataFile',
    'FormatMismatch',
    'UnknownFormat',
    'ImageTooLarge',
  ],
  ...['AddressRefused', 'HTTPError', 'Truncated', 'NotBootable', 'Unauthorized', 'SourceMissing'],
]
const ofSnapshots = Object.fromEntries(
  Object.entries(snapshotReasons).filter(([reason]) => !importsOnly.includes(reason)),
)
const chapters: readonly [string, string, Readonly<Record<string, string>>][] = [
  ['an instance', instances, reasons],
  ['a snapshot', others.find((text) => text.startsWith('Snapshots')) ?? '', ofSnapshots],
  ['a set', others.find((text) => text.startsWith('Instance sets')) ?? '', setReasons],
]

for (const [kind, text, known] of chapters) {
  const rows = [...text.matchAll(/^\| `(\w+)` \| (.+) \| (.+) \|$/gm)].map(([, reason]) => reason)

  test(`docs/troubleshooting.md has a row for each reason that ${kind} can have`, () =>
    assert.equal(
      Object.keys(known).filter((reason) => !rows.includes(reason)),
      [],
    ))

  test(`docs/troubleshooting.md has no row for what is no reason of ${kind}, and none twice`, () => {
    assert.equal(
      rows.filter((row) => !(row !== undefined && row in known)),
      [],
    )
    assert.equal(
      rows.filter((row, at) => rows.indexOf(row) !== at),
      [],
    )
  })
}

test.run()

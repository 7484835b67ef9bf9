/**
 * Writes the pages of docs/ that are made from something else: the reference of every field (from the same schemas as the
 * CRDs) and the list of decisions.
 *
 *   node hack/docs/api.ts           write
 *   node hack/docs/api.ts --check   write nothing, exit 1 and name the pages that differ
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { kinds } from '../crds/kinds.ts'
import { decisionsPage, readDecisions } from './decisions.ts'
import { referencePage } from './reference.ts'

const root = join(import.meta.dirname, '../..')
const pages = [
  { path: 'docs/api.md', text: referencePage(kinds) },
  { path: 'docs/adr/README.md', text: decisionsPage(readDecisions(join(root, 'docs/adr'))) },
]
const differing = pages.filter(
  ({ path, text }) => !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== text,
)

if (process.argv.includes('--check')) {
  for (const { path } of differing)
    console.error(`${path} is out of date: run node hack/docs/api.ts and commit the result`)
  process.exit(differing.length === 0 ? 0 : 1)
}
for (const { path, text } of differing) writeFileSync(join(root, path), text)
console.log(
  differing.length === 0 ? 'docs are up to date' : differing.map(({ path }) => `wrote ${path}`).join('\n'),
)

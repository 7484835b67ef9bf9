/**
 * Writes docs/api.md, the reference of every field, from the same schemas as the CRDs.
 *
 *   node hack/docs/api.ts           write
 *   node hack/docs/api.ts --check   write nothing, exit 1 when it differs
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { kinds } from '../crds/kinds.ts'
import { referencePage } from './reference.ts'

const path = join(import.meta.dirname, '../../docs/api.md')
const wanted = referencePage(kinds)
const isUpToDate = existsSync(path) && readFileSync(path, 'utf8') === wanted

if (process.argv.includes('--check')) {
  if (!isUpToDate)
    console.error(
      'docs/api.md is not what operator/api says: run node hack/docs/api.ts and commit the result',
    )
  process.exit(isUpToDate ? 0 : 1)
}
if (!isUpToDate) writeFileSync(path, wanted)
console.log(isUpToDate ? 'docs/api.md is up to date' : 'wrote docs/api.md')

/**
 * Writes crds/*.yaml from the zod schemas of operator/api, and the chart's copy of them.
 *
 *   node hack/crds/generate.ts           write
 *   node hack/crds/generate.ts --check   write nothing, exit 1 and name the files that differ
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { generatedFiles } from './files.ts'

const root = join(import.meta.dirname, '../..')
const check = process.argv.includes('--check')
const wanted = generatedFiles()

const folders = [...new Set(wanted.map(({ path }) => dirname(path)))]
const stray = folders
  .flatMap((folder) =>
    existsSync(join(root, folder)) ? readdirSync(join(root, folder)).map((name) => join(folder, name)) : [],
  )
  .filter((path) => path.endsWith('.yaml') && !wanted.some((file) => file.path === path))
const differing = wanted.filter(
  ({ path, text }) => !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== text,
)
const changes = [...stray, ...differing.map(({ path }) => path)]

if (check) {
  for (const path of changes)
    console.error(`${path} is not what operator/api says: run make crds and commit the result`)
  process.exit(changes.length === 0 ? 0 : 1)
}
for (const path of stray) rmSync(join(root, path))
for (const { path, text } of differing) {
  mkdirSync(join(root, dirname(path)), { recursive: true })
  writeFileSync(join(root, path), text)
}
console.log(
  changes.length === 0
    ? 'crds are up to date'
    : changes.map((path) => `wrote ${relative('.', join(root, path))}`).join('\n'),
)

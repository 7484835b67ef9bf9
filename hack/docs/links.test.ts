import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

const root = join(import.meta.dirname, '../..')

/** Where the links of a page point to, in the repository. */
function targets(page: string): string[] {
  return [...readFileSync(join(root, page), 'utf8').matchAll(/\]\(([^)#]+)(#[^)]*)?\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
}

for (const page of ['README.md', ...globSync('docs/**/*.md', { cwd: root })]) {
  test(`the links of ${page} lead somewhere`, () =>
    assert.equal(
      targets(page).filter((target) => !existsSync(join(root, dirname(page), target))),
      [],
    ))
}

test('every page is reached from the README', () => {
  const reached = new Set(['README.md'])
  for (const page of reached) {
    for (const target of targets(page).filter((target) => target.endsWith('.md')))
      reached.add(join(dirname(page), target))
  }
  const pages = globSync('docs/**/*.md', { cwd: root })
  assert.equal(
    pages.filter((page) => !reached.has(page)),
    [],
  )
})

test.run()

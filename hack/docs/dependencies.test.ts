import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

const read = (path: string) => readFileSync(join(import.meta.dirname, '../..', path), 'utf8')

const page = read('docs/dependencies.md')
const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
  'dependencies' | 'devDependencies',
  Record<string, string>
>
const wanted = [...Object.keys(dependencies), ...Object.keys(devDependencies)].sort()

test('docs/dependencies.md says of each npm package why it is there, and of no other', () => {
  const npm = page.slice(page.indexOf('\n## npm'), page.indexOf('\n## Debian'))
  const told = [...npm.matchAll(/^\| `([^`]+)` \| .{10}/gm)].map(([, name]) => name)
  assert.equal(told.sort(), wanted)
})

test('docs/dependencies.md names each Debian package of the images', () => {
  const packages = ['runner.d', 'operator.d'].flatMap((image) => {
    const lists = read(`hack/images/${image}/root`).matchAll(/--include=(\S+)/g)
    return [...lists].flatMap(([, list = '']) => list.split(','))
  })
  assert.ok(packages.length > 5)
  assert.equal(
    packages.filter((name) => !page.includes(`\`${name}\``)),
    [],
  )
})

test.run()

import { globSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { runnerRoot } from './built.ts'

const here = join(import.meta.dirname, '..')
const root = runnerRoot()
const programs = new Set(readdirSync(join(root, 'usr/bin')))
const files = ['vm', 'worker', 'kvm-probe', ...globSync('{lib,net}/**/*.sh', { cwd: here })]

for (const file of files) {
  test(`${file} has no function with the name of a program, which would take its place in every pipeline`, () => {
    const text = readFileSync(join(here, file), 'utf8')
    const names = [...text.matchAll(/^\s*([a-z_][a-z0-9_]*)\(\)/gm)].map(([, name]) => name ?? '')
    assert.equal(
      names.filter((name) => programs.has(name)),
      [],
    )
  })
}

test('the programs of the image are known', () => {
  for (const name of ['cut', 'sh', 'qemu-img', 'curl']) assert.ok(programs.has(name), name)
})

test.run()

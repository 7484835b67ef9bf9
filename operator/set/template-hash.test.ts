import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { instance } from '../instance/testing/build.ts'
import { templateHash } from './template-hash.ts'

const { spec } = instance()
const base = templateHash({ spec })

const changes: readonly { name: string; template: Parameters<typeof templateHash>[0]; same: boolean }[] = [
  { name: 'another boot source', template: { spec: { ...spec, boot: { claim: 'other' } } }, same: false },
  { name: 'a label', template: { metadata: { labels: { tier: 'web' } }, spec }, same: false },
  { name: 'an annotation', template: { metadata: { annotations: { note: 'new' } }, spec }, same: false },
  { name: 'a raised rebuildGeneration', template: { spec: { ...spec, rebuildGeneration: 1 } }, same: false },
  { name: 'metadata with nothing in it', template: { metadata: {}, spec }, same: true },
  {
    name: 'another order of the fields',
    template: { spec: Object.fromEntries(Object.entries(spec).reverse()) as typeof spec },
    same: true,
  },
  {
    name: 'fields that an older API did not know, with their defaults',
    template: { spec: Object.fromEntries(Object.entries(spec).slice(0, 2)) as typeof spec },
    same: true,
  },
]
for (const { name, template, same } of changes) {
  test(`${name} ${same ? 'replaces no instance' : 'replaces the instances'}`, () =>
    assert.is(templateHash(template) === base, same))
}

test('the hash is fit for a label', () => assert.match(base, /^[0-9a-f]{10}$/))

test.run()

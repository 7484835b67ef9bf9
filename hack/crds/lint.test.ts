import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { schemaOf } from './definition.ts'
import { kinds } from './kinds.ts'
import { lint } from './lint.ts'
import type { Schema } from './structural.ts'

for (const kind of kinds) {
  test(`the schema of ${kind.kind} is structural, described and bounded`, () =>
    assert.equal(lint(schemaOf(kind)), []))
}

const text = { type: 'string', description: 'A word.' }
const object = (properties: Schema, more: Schema = {}) => ({
  type: 'object',
  description: 'A thing.',
  properties,
  ...more,
})
const list = (items: Schema, more: Schema = {}) => ({
  type: 'array',
  description: 'Some.',
  maxItems: 3,
  'x-kubernetes-list-type': 'atomic',
  items,
  ...more,
})

const faults: readonly { name: string; schema: Schema; want: RegExp }[] = [
  { name: 'a field without a type', schema: object({ a: { description: 'A.' } }), want: /^\.a: no type/ },
  {
    name: 'a field without a description',
    schema: object({ a: { type: 'string' } }),
    want: /^\.a: no description/,
  },
  { name: 'a union', schema: object({ a: { ...text, oneOf: [] } }), want: /^\.a: oneOf is not allowed/ },
  { name: 'lookaround', schema: object({ a: { ...text, pattern: '(?!x)' } }), want: /^\.a: lookaround/ },
  {
    name: 'a list without a limit',
    schema: object({ a: list(text, { maxItems: undefined }) }),
    want: /^\.a: no maxItems/,
  },
  {
    name: 'a map list whose key may be missing',
    schema: object({
      a: list(object({ name: text }), {
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
      }),
    }),
    want: /^\.a: the key name is neither required/,
  },
  {
    name: 'a required field with a default',
    schema: object({ a: { ...text, default: 'x' } }, { required: ['a'] }),
    want: /requires a, which has a default/,
  },
  {
    name: 'a rule without a message',
    schema: object({ a: { ...text, 'x-kubernetes-validations': [{ rule: 'true' }] } }),
    want: /^\.a: the rule true has no message/,
  },
  {
    name: 'a reference',
    schema: object({ a: { ...text, $ref: '#/x' } }),
    want: /^\.a: \$ref is not allowed/,
  },
]
for (const { name, schema, want } of faults) {
  test(`the lint finds ${name}`, () => {
    const found = lint(schema)
    assert.is(found.length, 1, found.join('; '))
    assert.match(found[0] ?? '', want)
  })
}

test.run()

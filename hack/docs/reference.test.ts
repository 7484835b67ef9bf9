import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { kinds } from '../crds/kinds.ts'
import type { Schema } from '../crds/structural.ts'
import { fieldsOf, referencePage, typeOf } from './reference.ts'

const types: readonly { name: string; schema: Schema; want: string }[] = [
  { name: 'a plain string', schema: { type: 'string' }, want: 'string' },
  {
    name: 'a choice with a default',
    schema: { type: 'string', enum: ['A', 'B'], default: 'A' },
    want: '`A` or `B`, default `"A"`',
  },
  {
    name: 'a number between limits',
    schema: { type: 'integer', minimum: 1, maximum: 9 },
    want: 'integer, 1 to 9',
  },
  { name: 'a number from zero', schema: { type: 'integer', minimum: 0 }, want: 'integer, at least 0' },
  { name: 'a quantity', schema: { 'x-kubernetes-int-or-string': true }, want: 'quantity' },
  {
    name: 'a list',
    schema: { type: 'array', maxItems: 3, items: { type: 'string' } },
    want: 'list of strings, at most 3',
  },
  { name: 'a time', schema: { type: 'string', format: 'date-time' }, want: 'time' },
]
for (const { name, schema, want } of types) test(`type of ${name}`, () => assert.is(typeOf(schema), want))

test('fields are listed parents first, with those of list entries, and the required ones known', () => {
  const entry = { type: 'object', required: ['port'], properties: { port: { type: 'integer' } } }
  const schema = { type: 'object', properties: { ports: { type: 'array', items: entry } } }
  assert.equal(
    fieldsOf('spec', schema).map(({ path, required }) => [path, required]),
    [
      ['spec.ports', false],
      ['spec.ports[].port', true],
    ],
  )
})

test('every row of the page is one line of three cells', () => {
  const rows = referencePage(kinds)
    .split('\n')
    .filter((line) => line.startsWith('|'))
  assert.ok(rows.length > 40)
  assert.equal(
    rows.filter((line) => line.replaceAll('\\|', '').split('|').length !== 5),
    [],
  )
})

test.run()

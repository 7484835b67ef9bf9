import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { z } from 'zod'
import { quantity } from '../../operator/api/quantity.ts'
import { type Schema, structural } from './structural.ts'

const rewrite = (schema: z.ZodType) =>
  structural(z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input' }) as Schema)

const cases: readonly { name: string; schema: z.ZodType; want: Schema }[] = [
  {
    name: 'an int32 gets its format instead of its range',
    schema: z.int32(),
    want: { type: 'integer', format: 'int32' },
  },
  {
    name: 'an int gets int64 and loses the safe range',
    schema: z.int(),
    want: { type: 'integer', format: 'int64' },
  },
  {
    name: 'an int keeps the limits that were set',
    schema: z.int().min(0),
    want: { type: 'integer', format: 'int64', minimum: 0 },
  },
  {
    name: 'zero as the upper limit survives',
    schema: z.int32().max(0),
    want: { type: 'integer', format: 'int32', maximum: 0 },
  },
  {
    name: 'a fraction keeps its limits and has no format',
    schema: z.number().min(1).max(64),
    want: { type: 'number', minimum: 1, maximum: 64 },
  },
  { name: 'an empty object has no properties', schema: z.object({}), want: { type: 'object' } },
  {
    name: 'a strict object loses additionalProperties',
    schema: z.strictObject({ a: z.string() }),
    want: { type: 'object', required: ['a'], properties: { a: { type: 'string' } } },
  },
  {
    name: 'a loose object loses additionalProperties',
    schema: z.looseObject({ a: z.string().optional() }),
    want: { type: 'object', properties: { a: { type: 'string' } } },
  },
  {
    name: 'a map keeps the schema of its values',
    schema: z.record(z.string(), z.string().max(3)),
    want: { type: 'object', additionalProperties: { type: 'string', maxLength: 3 } },
  },
  {
    name: 'a date gets a format and a length instead of a pattern',
    schema: z.iso.datetime(),
    want: { type: 'string', format: 'date-time', maxLength: 64 },
  },
]
for (const { name, schema, want } of cases) test(name, () => assert.equal(rewrite(schema), want))

test('a quantity is an int or a string of bounded length, with its rules', () => {
  const { 'x-kubernetes-validations': rules, ...rest } = rewrite(quantity('memory', '64Mi', '4Ti'))
  assert.equal(rest, {
    anyOf: [{ type: 'integer' }, { type: 'string' }],
    maxLength: 32,
    'x-kubernetes-int-or-string': true,
  })
  assert.is((rules as unknown[]).length, 3)
})

test('a union is refused, for it has no structural form', () => {
  assert.throws(
    () => rewrite(z.object({ a: z.union([z.object({ b: z.string() }), z.string()]) })),
    /structural form/,
  )
})

test.run()

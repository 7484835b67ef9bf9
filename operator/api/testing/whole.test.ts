import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { refused } from './refused.ts'
import { placesOf, specSchema } from './schema.ts'
import { whole } from './whole.ts'
import { wholeKinds } from './whole-kinds.ts'

const schema = specSchema('ephemeralinstances')

test('every field of an instance is in an example, so that each of its bounds is tried', () => {
  const missing = placesOf(
    schema,
    whole.map(({ spec }) => spec),
  ).filter(({ found }) => found.length === 0)
  assert.equal(
    missing.map(({ name }) => name),
    [],
  )
})

for (const { type, specs } of wholeKinds) {
  test(`every field of a ${type.kind} is in an example, so that each of its bounds is tried`, () => {
    const missing = placesOf(specSchema(type.plural), specs)
      .filter(({ found }) => found.length === 0)
      // A set's template has the spec of an instance, which is tried as such.
      .filter(({ name }) => !name.startsWith('spec.template.spec.'))
    assert.equal(
      missing.map(({ name }) => name),
      [],
    )
  })
}

test('every rule of an instance has a row that breaks it', () => {
  const places = placesOf(
    schema,
    refused.map(({ spec }) => spec),
  )
  const unbroken = places.flatMap(({ name, schema, found }) =>
    (schema['x-kubernetes-validations'] ?? [])
      // Rules about a change have tests of their own.
      .filter(({ rule }) => !rule.includes('oldSelf'))
      .filter(({ message = '' }) => {
        const specs = found.map(({ example }) => example)
        return !refused.some(({ spec, want }) => specs.includes(spec) && want.test(`${name}: ${message}`))
      })
      .map(({ message }) => `${name}: ${message}`),
  )
  assert.equal(unbroken, [])
})

test.run()

import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { generatedFiles } from './files.ts'

/** kubectl apply keeps the last version in an annotation of at most this many bytes. */
const annotationLimit = 256 * 1024

for (const { path, text } of generatedFiles()) {
  test(`${path} is what the schemas say (else: make crds)`, () =>
    assert.is(readFileSync(`${import.meta.dirname}/../../${path}`, 'utf8'), text))
  test(`${path} fits into kubectl apply's annotation`, () =>
    assert.ok(Buffer.byteLength(text) < annotationLimit))
}

test('the CRD says how it can be found and watched', () => {
  const text = generatedFiles().find(({ path }) => path === 'crds/ephemeralinstances.yaml')?.text ?? ''
  for (const part of [
    'shortNames:\n      - ei',
    'categories:\n      - ephemera',
    'status: {}',
    'selectableFields:',
  ])
    assert.ok(text.includes(part), part)
})

test.run()

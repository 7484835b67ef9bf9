import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Findings } from './findings.ts'

const fault = { reason: 'Broken', message: 'It is broken.' }

test('a fault is known until it is taken back, and told when it changes and not else', () => {
  const findings = new Findings()
  const told: string[] = []
  findings.onChange((key) => told.push(key))
  findings.note('lab/a', 'x', fault)
  findings.note('lab/a', 'x', { ...fault })
  assert.equal(findings.of('lab/a'), [fault])
  findings.note('lab/a', 'y', { ...fault, message: 'It too.' })
  assert.is(findings.of('lab/a').length, 2)
  findings.note('lab/a', 'x', undefined)
  findings.note('lab/b', 'x', undefined)
  assert.equal(
    findings.of('lab/a').map(({ message }) => message),
    ['It too.'],
  )
  assert.equal(told, ['lab/a', 'lab/a', 'lab/a'])
})

test.run()

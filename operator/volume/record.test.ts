import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { PersistentVolumeClaim } from '../kube/object.ts'
import { areCompatible, attachmentsAnnotation, attachmentsOf, attachmentsText } from './record.ts'

const claim = (text?: string): PersistentVolumeClaim => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: {
    name: 'data',
    ...(text === undefined ? {} : { annotations: { [attachmentsAnnotation]: text } }),
  },
})

test('what was written is read', () => {
  const list = [{ instance: 'a', uid: 'u', podUID: 'p', readOnly: false }]
  assert.equal(attachmentsOf(claim(attachmentsText(list))), list)
})

for (const text of [undefined, '', 'nonsense', '{}', '[{"instance":"a"}]'])
  test(`nobody has a claim that says ${text}`, () => assert.equal(attachmentsOf(claim(text)), []))

test('only readers share', () => {
  const rows = [true, false].flatMap((a) =>
    [true, false].map((b) => [a, b, areCompatible({ readOnly: a }, { readOnly: b })]),
  )
  assert.equal(
    rows.filter(([, , shared]) => shared),
    [[true, true, true]],
  )
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { placeOf } from './place.ts'
import { volume } from './testing/build.ts'

const hostname = 'kubernetes.io/hostname'

test('a volume without node affinity can be mounted everywhere', () => {
  assert.is(placeOf(undefined), undefined)
  assert.is(placeOf(volume('pv')), undefined)
})

test('a volume of one node tells the node, and how a pod keeps away from it', () => {
  assert.equal(placeOf(volume('pv', 'a')), {
    text: 'a',
    elsewhere: [{ key: hostname, operator: 'NotIn', values: ['a'] }],
  })
})

test('of several zones a pod keeps away from each', () => {
  const term = (zone: string) => ({
    matchExpressions: [{ key: 'topology.kubernetes.io/zone', operator: 'In', values: [zone] }],
  })
  const two = { required: { nodeSelectorTerms: [term('b'), term('a')] } }
  const place = placeOf({ ...volume('pv'), spec: { nodeAffinity: two } })
  assert.is(place?.text, 'a, b')
  assert.equal(
    place?.elsewhere?.map(({ operator, values }) => [operator, values]),
    [
      ['NotIn', ['b']],
      ['NotIn', ['a']],
    ],
  )
})

test('where several labels at once make the place, no pod can be kept away by labels', () => {
  const matchExpressions = [
    { key: 'rack', operator: 'In', values: ['1'] },
    { key: 'disk', operator: 'Exists' },
  ]
  const both = { required: { nodeSelectorTerms: [{ matchExpressions }] } }
  const place = placeOf({ ...volume('pv'), spec: { nodeAffinity: both } })
  assert.is(place?.text, '1')
  assert.is(place?.elsewhere, undefined)
})

test.run()

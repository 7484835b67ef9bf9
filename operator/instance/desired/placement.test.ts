import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Placement } from '../../api/placement.ts'
import type { Requirement } from '../../copy/place.ts'
import { specHash } from '../spec-hash.ts'
import { instance, podOf } from '../testing/build.ts'
import { groupLabels, placementOf } from './placement.ts'

const place = (placement: Placement | undefined, avoid: readonly Requirement[] = []) =>
  placementOf(instance({ placement }), 20, avoid)
const terms = (placement: Placement | undefined, avoid: readonly Requirement[]) =>
  place(placement, avoid).affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
    ?.nodeSelectorTerms
const required = (...nodeSelectorTerms: unknown[]): Placement => ({
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
})
const ssd = { key: 'disk', operator: 'In', values: ['ssd'] }
const away: Requirement = { key: 'kubernetes.io/hostname', operator: 'NotIn', values: ['a'] }

const patience = (seconds: number) =>
  ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].map((key) => ({
    key,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: seconds,
  }))

test('without a placement the pod says only how long it stays on a lost node', () =>
  assert.equal(place(undefined), { tolerations: patience(20) }))

test('what the user says of a lost node goes before what the operator says', () => {
  const mine = { key: 'node.kubernetes.io/unreachable', operator: 'Exists' as const, tolerationSeconds: 600 }
  assert.equal(place({ tolerations: [mine] }).tolerations, [mine, ...patience(20).slice(0, 1)])
  const all = { operator: 'Exists' as const }
  assert.equal(place({ tolerations: [all] }).tolerations, [all])
})

test('what needs no merging is handed on', () => {
  const plain = {
    nodeSelector: { disk: 'ssd' },
    tolerations: [{ key: 'dedicated', operator: 'Exists' as const }],
    topologySpreadConstraints: [
      { topologyKey: 'zone', maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule' as const },
    ],
    priorityClassName: 'low',
    schedulerName: 'mine',
    runtimeClassName: 'sandboxed',
  }
  assert.equal(place(plain), { ...plain, tolerations: [...plain.tolerations, ...patience(20)] })
})

const merges: readonly { name: string; placement: Placement | undefined; want: unknown }[] = [
  { name: 'nothing', placement: undefined, want: [{ matchExpressions: [away] }] },
  {
    name: 'a preference alone',
    placement: { affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } } },
    want: [{ matchExpressions: [away] }],
  },
  {
    name: 'two alternatives: in each of them',
    placement: required(
      { matchExpressions: [ssd] },
      { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['b'] }] },
    ),
    want: [
      { matchExpressions: [ssd, away] },
      { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['b'] }], matchExpressions: [away] },
    ],
  },
  { name: 'an empty term, which matches no node', placement: required({}), want: [{}] },
  { name: 'a term that is none: for the API server to refuse', placement: required('junk'), want: ['junk'] },
]
for (const { name, placement, want } of merges)
  test(`where a copy must not be is told beside ${name}`, () => assert.equal(terms(placement, [away]), want))

test("the user's preferences stay beside where a copy must not be", () => {
  const preferred = [{ weight: 1, preference: { matchExpressions: [ssd] } }]
  const { affinity } = place(
    {
      affinity: {
        nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: preferred },
        podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [] },
      },
    },
    [away],
  )
  assert.equal(affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution, preferred)
  assert.equal(affinity?.podAffinity, { requiredDuringSchedulingIgnoredDuringExecution: [] })
})

const term = (topologyKey = 'kubernetes.io/hostname') => ({
  labelSelector: { matchLabels: { 'ephemera.dev/group': 'web' } },
  topologyKey,
})
const groups: readonly { group: NonNullable<Placement['group']>; want: unknown }[] = [
  {
    group: { name: 'web', policy: 'AntiAffinity' },
    want: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term()] } },
  },
  {
    group: { name: 'web', policy: 'SoftAntiAffinity', topologyKey: 'zone' },
    want: {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: term('zone') }],
      },
    },
  },
  {
    group: { name: 'web', policy: 'Affinity' },
    want: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term()] } },
  },
]
for (const { group, want } of groups) {
  test(`a group with ${group.policy} is an affinity to the label that its VMs have`, () => {
    assert.equal(place({ group }).affinity, want)
    assert.equal(groupLabels(instance({ placement: { group } })), { 'ephemera.dev/group': 'web' })
  })
}

test("a group's term stands beside the user's own", () => {
  const own = { topologyKey: 'zone', labelSelector: {} }
  const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [own] } }
  const { podAntiAffinity } =
    place({ affinity, group: { name: 'web', policy: 'AntiAffinity' } }).affinity ?? {}
  assert.equal(podAntiAffinity, { requiredDuringSchedulingIgnoredDuringExecution: [own, term()] })
})

test('the label of the group and the placement are on the pod', () => {
  const placement: Placement = {
    nodeSelector: { disk: 'ssd' },
    group: { name: 'web', policy: 'AntiAffinity' },
  }
  const { metadata, spec } = podOf(instance({ placement }))
  assert.is(metadata.labels?.['ephemera.dev/group'], 'web')
  assert.equal(spec.nodeSelector, { disk: 'ssd' })
  assert.ok(spec.affinity?.podAntiAffinity)
})

test('a change of the placement waits for a rebuild, and a spec without one has the hash that it had before', () => {
  const { placement: _, ...bare } = instance().spec
  assert.is(specHash(instance({ placement: undefined }).spec), specHash(bare))
  assert.is.not(specHash(instance({ placement: { nodeSelector: { a: 'b' } } }).spec), specHash(bare))
})

test.run()

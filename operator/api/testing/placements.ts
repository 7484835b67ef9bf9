import { but, type Spec } from './specs.ts'

const placed = (placement: Spec): Spec => but({ placement })
const tolerating = (toleration: Spec): Spec => placed({ tolerations: [toleration] })
const spread = (constraint: Spec): Spec => placed({ topologySpreadConstraints: [constraint] })
const zones = { topologyKey: 'zone', maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule' }

export const acceptedPlacements: readonly { name: string; spec: Spec }[] = [
  { name: 'an empty placement', spec: placed({}) },
  { name: 'a toleration of every taint', spec: tolerating({ operator: 'Exists' }) },
  {
    name: 'a spread with a selection',
    spec: spread({
      ...zones,
      minDomains: 2,
      labelSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['a'] }] },
    }),
  },
  {
    name: 'an affinity that only the pod is asked about',
    spec: placed({ affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{}] } } }),
  },
]

export const refusedPlacements: readonly { name: string; spec: Spec; want: RegExp }[] = [
  {
    name: 'a node label that is no text',
    spec: placed({ nodeSelector: { ssd: true } }),
    want: /nodeSelector\.ssd.*must be of type string/,
  },
  {
    name: 'an affinity that is no object',
    spec: placed({ affinity: { nodeAffinity: 'ssd' } }),
    want: /nodeAffinity.*must be of type object/,
  },
  {
    name: 'a toleration of nothing',
    spec: tolerating({ effect: 'NoSchedule' }),
    want: /name the taint in key, or set operator: Exists/,
  },
  {
    name: 'a toleration of any value with a value',
    spec: tolerating({ key: 'a', operator: 'Exists', value: 'b' }),
    want: /operator Exists takes no value/,
  },
  {
    name: 'a toleration for a time of what evicts nobody',
    spec: tolerating({ key: 'a', effect: 'NoSchedule', tolerationSeconds: 5 }),
    want: /tolerationSeconds is for effect NoExecute/,
  },
  {
    name: 'a toleration of an unknown effect',
    spec: tolerating({ key: 'a', effect: 'NoStart' }),
    want: /supported values: "NoSchedule"/,
  },
  {
    name: 'a spread over nothing',
    spec: spread({ ...zones, topologyKey: undefined }),
    want: /topologyKey: Required value/,
  },
  { name: 'a spread without skew', spec: spread({ ...zones, maxSkew: 0 }), want: /maxSkew.*greater than or/ },
  {
    name: 'the same spread twice',
    spec: placed({ topologySpreadConstraints: [zones, zones] }),
    want: /Duplicate value/,
  },
  {
    name: 'a wish for a number of zones',
    spec: spread({ ...zones, whenUnsatisfiable: 'ScheduleAnyway', minDomains: 2 }),
    want: /minDomains needs whenUnsatisfiable: DoNotSchedule/,
  },
  {
    name: 'a selection by no values',
    spec: spread({ ...zones, labelSelector: { matchExpressions: [{ key: 'a', operator: 'In' }] } }),
    want: /In and NotIn need values/,
  },
  {
    name: 'a priority class with a space',
    spec: placed({ priorityClassName: 'very high' }),
    want: /priorityClassName must be the name of a PriorityClass/,
  },
  {
    name: 'a runtime class in capitals',
    spec: placed({ runtimeClassName: 'Kata' }),
    want: /runtimeClassName must be the name of a RuntimeClass/,
  },
  {
    name: 'a scheduler without a name',
    spec: placed({ schedulerName: '' }),
    want: /schedulerName must be the name of a scheduler/,
  },
  {
    name: 'a group without a policy',
    spec: placed({ group: { name: 'web' } }),
    want: /policy: Required value/,
  },
  {
    name: 'an unknown policy of a group',
    spec: placed({ group: { name: 'web', policy: 'SoftAffinity' } }),
    want: /supported values: "AntiAffinity"/,
  },
  {
    name: 'a group whose name is no label',
    spec: placed({ group: { name: 'web servers', policy: 'Affinity' } }),
    want: /group\.name becomes a label/,
  },
]

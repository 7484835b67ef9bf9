import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import type { Node } from '../kube/object.ts'
import { ObjectStore } from '../kube/store.ts'
import { slimNode } from '../slim-node.ts'
import { type WithoutKvm, whyTcg, whyWithoutKvm, withoutKvm } from './accelerator.ts'
import { decide } from './decide.ts'
import type { PodInput } from './desired/pod.ts'
import { recordOf } from './desired/record.ts'
import { isKvmOffered } from './kvm-offers.ts'
import { statusOf } from './status.ts'
import { answering, booted, config, instance, observed, onNode, podOf } from './testing/build.ts'

const kvmResource = 'ephemera.dev/kvm'
const withKvm = { ...config, kvmResource }

type Row = Readonly<{
  accelerator: 'Auto' | 'KVM' | 'TCG'
  resource: string
  offered: boolean
  want: WithoutKvm | undefined
}>
const rows: readonly Row[] = [
  { accelerator: 'Auto', resource: kvmResource, offered: true, want: undefined },
  { accelerator: 'Auto', resource: kvmResource, offered: false, want: 'NotOffered' },
  { accelerator: 'Auto', resource: '', offered: false, want: 'NotConfigured' },
  { accelerator: 'KVM', resource: kvmResource, offered: false, want: undefined },
  { accelerator: 'TCG', resource: kvmResource, offered: true, want: 'TCG' },
  { accelerator: 'TCG', resource: '', offered: false, want: 'TCG' },
]
for (const { accelerator, resource, offered, want } of rows) {
  const given = `${accelerator}, ${resource || 'no resource'}, ${offered ? 'offered' : 'not offered'}`
  test(`${given}: the pod ${want === undefined ? 'asks for KVM' : `does without, ${want}`}`, () => {
    assert.is(whyWithoutKvm(instance({ accelerator }), { kvmResource: resource }, offered), want)
  })
}

const node = (name: string, more: Partial<Node>): Node =>
  slimNode({ apiVersion: 'v1', kind: 'Node', metadata: { name }, ...more })
const amount = (of: string): Partial<Node> => ({
  status: { allocatable: { cpu: '4', memory: '8Gi', [kvmResource]: of } },
})

const nodes: readonly Readonly<{ name: string; node: Node; want: boolean }>[] = [
  { name: 'it has devices', node: node('a', amount('110')), want: true },
  { name: 'its probe found that guests hang', node: node('a', amount('0')), want: false },
  { name: 'no plugin runs there', node: node('a', { status: { allocatable: { cpu: '4' } } }), want: false },
  {
    name: 'it takes no pods',
    node: node('a', { ...amount('110'), spec: { unschedulable: true } }),
    want: false,
  },
  {
    name: 'nothing is heard of it',
    node: node('a', {
      ...amount('110'),
      spec: { taints: [{ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' }] },
    }),
    want: false,
  },
]
for (const { name, node, want } of nodes) {
  test(`a node ${want ? 'offers' : 'does not offer'} KVM where ${name}`, () => {
    const store = new ObjectStore<Node>()
    store.set(node, 'watch')
    assert.is(isKvmOffered(instance().spec, withKvm, store), want)
    assert.is(isKvmOffered(instance({ accelerator: 'TCG' }).spec, withKvm, store), false)
  })
}

test('of a node no more is kept in memory than what plugins offer there', () => {
  assert.equal(node('a', amount('3')).status, { allocatable: { [kvmResource]: '3' } })
})

const podWith = (one: EphemeralInstance, more: Partial<PodInput>) =>
  podOf(one, answering, 0, 20, booted, [], [], more)

test('the status says why it is TCG, by what the pod was made with', () => {
  for (const why of withoutKvm) {
    const spec = why === 'TCG' ? ({ accelerator: 'TCG' } as const) : {}
    const one = instance(spec)
    const settings = why === 'NotConfigured' ? config : withKvm
    const made = onNode(podWith(one, { config: settings, isKvmOffered: why === 'Taken', isKvmTaken: true }))
    assert.is(recordOf(made)?.withoutKvm, why)
    const seen = observed({ instance: one, pod: made, config: withKvm })
    const status = statusOf(seen, decide(seen))
    assert.is(status.accelerator, 'TCG')
    assert.is(status.acceleratorReason, whyTcg(why, withKvm))
  }
})

test('where the pod asked for KVM, its runner knows what came of it, and the status remembers', () => {
  const one = instance()
  const pod = onNode(podWith(one, { config: withKvm }))
  const runner = {
    phase: 'Running',
    reason: '',
    message: '',
    accelerator: 'TCG',
    acceleratorReason: 'QEMU ended with 1',
  } as const
  const asked = observed({ instance: one, pod, config: withKvm, runner })
  const status = statusOf(asked, decide(asked))
  assert.equal([status.accelerator, status.acceleratorReason], ['TCG', 'QEMU ended with 1'])
  const later = observed({ instance: instance({}, status), pod, config: withKvm })
  assert.is(statusOf(later, decide(later)).acceleratorReason, 'QEMU ended with 1')
  const lucky = observed({
    instance: instance({}, status),
    pod,
    config: withKvm,
    runner: { ...runner, accelerator: 'KVM', acceleratorReason: '' },
  })
  assert.equal(
    [statusOf(lucky, decide(lucky)).accelerator, statusOf(lucky, decide(lucky)).acceleratorReason],
    ['KVM', undefined],
  )
})

test.run()

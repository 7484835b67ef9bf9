import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { InstanceSpec } from '../../api/instance-spec.ts'
import type { Config } from '../../config.ts'
import { sizeOf } from '../size.ts'
import { booted, config, flavor, instance } from '../testing/build.ts'
import { vmPod } from './pod.ts'

function podFor(
  spec: Partial<InstanceSpec> = {},
  settings: Partial<Config> = {},
  labels?: Record<string, string>,
  boot = booted,
) {
  const plain = instance(spec)
  const one = labels === undefined ? plain : { ...plain, metadata: { ...plain.metadata, labels } }
  const size = sizeOf(one.spec, flavor)
  if (size === undefined) throw new Error('the instance has no size')
  const pod = vmPod({
    instance: one,
    size,
    boot,
    config: { ...config, ...settings },
    restartsBefore: 0,
    createdAt: '2026-01-01T12:00:00.000Z',
  })
  const [container] = pod.spec?.containers ?? []
  if (pod.spec === undefined || container === undefined) throw new Error('a pod has a container')
  return { pod, spec: pod.spec, container }
}
const variable = (of: ReturnType<typeof podFor>, name: string) =>
  of.container.env?.find((one) => one.name === name)?.value

test('the pod asks for nothing that Pod Security restricted forbids', () => {
  const { spec, container } = podFor()
  assert.is(spec.securityContext?.runAsNonRoot, true)
  assert.is(spec.securityContext?.seccompProfile?.type, 'RuntimeDefault')
  assert.is(container.securityContext?.allowPrivilegeEscalation, false)
  assert.equal(container.securityContext?.capabilities, { drop: ['ALL'] })
  assert.is(container.securityContext?.readOnlyRootFilesystem, true)
  for (const field of ['hostNetwork', 'hostPID', 'hostIPC', 'hostUsers'] as const)
    assert.is(spec[field], undefined)
  assert.equal(
    spec.volumes?.map(({ name, hostPath }) => [name, hostPath]),
    ['base', 'overlay', 'run', 'seed', 'control', 'nbd'].map((name) => [name, undefined]),
  )
})

test('what boots by UEFI is told to QEMU and to the runner, and has the memory for its flash', () => {
  const plain = podFor()
  const uefi = podFor({}, {}, undefined, { ...booted, firmware: 'UEFI' })
  assert.equal([variable(plain, 'VM_FIRMWARE'), variable(uefi, 'VM_FIRMWARE')], [undefined, 'uefi'])
  assert.ok(uefi.container.args?.some((word) => word.includes('pflash0=')))
  const [less, more] = [plain, uefi].map((one) => Number(one.container.resources?.requests?.memory))
  assert.is((more ?? 0) - (less ?? 0), 8 * 1024 ** 2)
})

test('no token of the API server is in the pod', () => {
  assert.is(podFor().spec.automountServiceAccountToken, false)
})

test('the base is read-only, as a volume and as a mount', () => {
  const { spec, container } = podFor()
  const volume = spec.volumes?.find(({ name }) => name === 'base')
  assert.equal(volume?.persistentVolumeClaim, { claimName: 'tiny', readOnly: true })
  assert.is(container.volumeMounts?.find(({ name }) => name === 'base')?.readOnly, true)
})

test('what a VM can use is requested, and what a snapshot may take for a while is allowed above it', () => {
  const { spec, container } = podFor()
  const { requests, limits } = container.resources ?? {}
  const gibibyte = 1024 ** 3
  assert.is(Number(limits?.memory) - Number(requests?.memory), 160 * 1024 ** 2)
  assert.ok(Number(requests?.memory) > 128 * 1024 ** 2)
  assert.ok(Number(requests?.['ephemeral-storage']) > gibibyte)
  const fleece = Number(limits?.['ephemeral-storage']) - Number(requests?.['ephemeral-storage'])
  assert.ok(fleece >= gibibyte)
  const overlay = spec.volumes?.find(({ name }) => name === 'overlay')?.emptyDir?.sizeLimit
  assert.ok(Number(overlay) + 64 * 1024 ** 2 < Number(limits?.['ephemeral-storage']))
})

const cpus: ReadonlyArray<{
  name: string
  spec: Partial<InstanceSpec>
  settings?: Partial<Config>
  want: [string, string]
}> = [
  { name: 'a virtual CPU requests a quarter of a CPU', spec: {}, want: ['250m', '2'] },
  {
    name: 'without overcommit it requests all of one',
    spec: {},
    settings: { cpuOvercommit: 1 },
    want: ['1000m', '2'],
  },
  {
    name: 'a part of a thousandth is rounded up',
    spec: {},
    settings: { cpuOvercommit: 3 },
    want: ['334m', '2'],
  },
]
for (const row of cpus) {
  test(row.name, () => {
    const { resources } = podFor(row.spec, row.settings).container
    assert.equal([resources?.requests?.cpu, resources?.limits?.cpu], row.want)
  })
}

const readiness: ReadonlyArray<[InstanceSpec['readiness'], string]> = [
  [undefined, 'ssh:22'],
  [{ ssh: { port: 2222 } }, 'ssh:2222'],
  [{ tcp: { port: 5432 } }, 'tcp:5432'],
  [{ http: { port: 8080, path: '/healthz' } }, 'http:8080/healthz'],
  [{ agent: {} }, 'agent'],
  [{ none: {} }, 'none'],
]
for (const [spec, want] of readiness) {
  test(`the runner is told to check ${want}`, () =>
    assert.is(variable(podFor({ readiness: spec }), 'VM_READINESS'), want))
}

test('declared ports replace the default set, and ssh and the readiness port stay open', () => {
  const ports: InstanceSpec['ports'] = [
    { name: 'web', port: 8080, protocol: 'TCP' },
    { name: 'dns', port: 53, protocol: 'UDP' },
  ]
  const pod = podFor({ ports, readiness: { http: { port: 9000, path: '/' } } })
  assert.is(variable(pod, 'VM_TCP_PORTS'), '22,8080,9000')
  assert.is(variable(pod, 'VM_UDP_PORTS'), '53')
})

test('KVM is asked for by its resource where there is one, and never for TCG', () => {
  const kvmResource = 'devices.example.org/kvm'
  const limits = (spec: Partial<InstanceSpec>) =>
    podFor(spec, { kvmResource }).container.resources?.limits ?? {}
  assert.is(limits({ accelerator: 'Auto' })[kvmResource], '1')
  assert.is(limits({ accelerator: 'KVM' })[kvmResource], '1')
  assert.is(limits({ accelerator: 'TCG' })[kvmResource], undefined)
  assert.is(variable(podFor({}), 'VM_ACCELERATOR'), 'tcg')
})

test("the instance's labels reach the pod, but for Argo CD's tracking label", () => {
  const { pod } = podFor({}, {}, { team: 'blue', 'app.kubernetes.io/instance': 'argo-app' })
  assert.is(pod.metadata.labels?.team, 'blue')
  assert.is(pod.metadata.labels?.['app.kubernetes.io/instance'], 'web1')
})

test("annotations for the network plugin reach the pod, and none of the operator's own gives way", () => {
  const annotations = { 'k8s.ovn.org/a': 'b', 'kubectl.kubernetes.io/default-container': 'mine' }
  const { pod } = podFor({ network: { annotations } })
  assert.is(pod.metadata.annotations?.['k8s.ovn.org/a'], 'b')
  assert.is(pod.metadata.annotations?.['kubectl.kubernetes.io/default-container'], 'vm')
})

test('the pod goes with its instance', () => {
  const [owner] = podFor().pod.metadata.ownerReferences ?? []
  assert.is(owner?.uid, 'uid-web1')
  assert.is(owner?.controller, true)
})

test.run()

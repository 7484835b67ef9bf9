import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Pod, Secret } from '../../operator/kube/object.ts'
import { bareArguments, barePod } from './bare.ts'
import { byHand } from './by-hand.ts'

const secret: Secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'web1-vm', namespace: 'lab', uid: 's-1' },
  data: { psk: 'eA==' },
}
const pod: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'web1-vm',
    namespace: 'lab',
    uid: 'p-1',
    labels: { 'ephemera.dev/instance': 'web1' },
    ownerReferences: [
      { apiVersion: 'ephemera.dev/v1alpha1', kind: 'EphemeralInstance', name: 'web1', uid: 'i-1' },
    ],
  },
  spec: {
    nodeName: 'worker',
    hostname: 'web1',
    containers: [
      {
        name: 'vm',
        image: 'runner',
        command: ['/usr/lib/ephemera/vm'],
        args: ['@accel@', '-blockdev', '{"filename":"@base-file@"}', '-netdev', '@netdev@'],
        env: [{ name: 'VM_ACCEL_TCG', value: '-accel tcg,tb-size=32' }],
        resources: { limits: { memory: '256Mi' } },
        startupProbe: { httpGet: { path: '/started', port: 10778 } },
        volumeMounts: [{ name: 'overlay', mountPath: '/overlay' }],
      },
    ],
    volumes: [
      { name: 'overlay', emptyDir: {} },
      { name: 'seed', secret: { secretName: 'web1-vm', items: [{ key: 'psk', path: 'psk' }] } },
    ],
  },
}

test('the pod by hand is the same pod, under a name of its own and owned by nobody', () => {
  const made = byHand(pod, secret, 'by-hand')
  assert.equal(made.pod.metadata, { name: 'by-hand', namespace: 'lab', labels: { app: 'by-hand' } })
  assert.equal(made.pod.spec?.containers, pod.spec.containers)
  assert.is(made.pod.spec?.hostname, 'web1')
  assert.equal(made.secret.data, secret.data)
})

test('the pod by hand is scheduled anew, and mounts its own Secret', () => {
  const { spec } = byHand(pod, secret, 'by-hand').pod
  assert.is(spec?.nodeName, undefined)
  assert.equal(spec?.volumes?.[0], { name: 'overlay', emptyDir: {} })
  assert.equal(spec?.volumes?.[1]?.secret, { secretName: 'by-hand', items: [{ key: 'psk', path: 'psk' }] })
})

test('the bare pod runs QEMU alone, with the same limits and volumes', () => {
  const { spec } = barePod(byHand(pod, secret, 'bare'), { diskBytes: 1024 })
  const [container, ...others] = spec?.containers ?? []
  assert.equal(others, [])
  assert.equal(container?.command, ['/usr/bin/qemu-system-x86_64'])
  assert.equal(container?.resources, { limits: { memory: '256Mi' } })
  assert.is(container?.startupProbe, undefined)
  assert.match(spec?.initContainers?.[0]?.command?.at(-1) ?? '', /disk\.qcow2 1024\n/)
})

test("bare QEMU gets the pod's arguments, with the runner's words filled in", () => {
  assert.equal(bareArguments(pod.spec.containers[0]?.args ?? [], '-accel tcg,tb-size=32'), [
    '-accel',
    'tcg,tb-size=32',
    '-blockdev',
    '{"filename":"/base/disk.qcow2"}',
    '-netdev',
    'user,id=net0,hostfwd=tcp::22-:22',
  ])
})

test.run()

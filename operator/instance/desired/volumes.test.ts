import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { PersistentVolumeClaim } from '../../kube/object.ts'
import { volumesGate } from '../../volume/gate.ts'
import { instance, podOf } from '../testing/build.ts'
import { type DiskVolume, diskVolume } from './volumes.ts'

const disk: DiskVolume = { name: 'data', claim: 'pool', readOnly: false, isBlock: false, bytes: 1024 }

function podWith(...volumes: DiskVolume[]) {
  const { spec } = podOf(instance(), {}, 0, 20, undefined, undefined, volumes)
  const [container] = spec.containers
  if (container === undefined) throw new Error('a pod has a container')
  const disks = (container.args ?? []).filter((word) => word.includes('volume-'))
  return { spec, container, disks }
}
const variable = ({ container }: ReturnType<typeof podWith>) =>
  container.env?.find(({ name }) => name === 'VM_VOLUMES')?.value

test('without volumes a pod is as it was: no gate, no group, no variable', () => {
  const pod = podWith()
  assert.is(pod.spec.schedulingGates, undefined)
  assert.is(pod.spec.securityContext?.supplementalGroups, undefined)
  assert.is(variable(pod), undefined)
  assert.equal(pod.disks, [])
})

test('a pod with volumes is gated', () => {
  assert.equal(podWith(disk).spec.schedulingGates, [{ name: volumesGate }])
})

test('a claim with a file system is a directory, with the disk in it', () => {
  const pod = podWith(disk)
  assert.equal(pod.spec.volumes?.at(-1), {
    name: 'volume-data',
    persistentVolumeClaim: { claimName: 'pool' },
  })
  assert.equal(pod.container.volumeMounts?.at(-1), { name: 'volume-data', mountPath: '/volumes/data' })
  assert.is(pod.container.volumeDevices, undefined)
  assert.is(pod.spec.securityContext?.supplementalGroups, undefined)
  assert.is(variable(pod), 'data:file:rw:1024')
  assert.match(pod.disks[0] ?? '', '/volumes/data/disk.img')
})

test('a block device is a device, which the group of disks may open', () => {
  const pod = podWith({ ...disk, isBlock: true })
  assert.equal(pod.container.volumeDevices, [{ name: 'volume-data', devicePath: '/dev/volume-data' }])
  assert.not(pod.container.volumeMounts?.some(({ name }) => name === 'volume-data'))
  assert.equal(pod.spec.securityContext?.supplementalGroups, [6])
  assert.match(pod.disks[0] ?? '', '"host_device"')
})

test('what is only to be read is so for the kubelet, for the container and for QEMU', () => {
  const pod = podWith({ ...disk, readOnly: true })
  assert.is(pod.spec.volumes?.at(-1)?.persistentVolumeClaim?.readOnly, true)
  assert.is(pod.container.volumeMounts?.at(-1)?.readOnly, true)
  assert.match(pod.disks[0] ?? '', '"read-only":true')
  assert.is(variable(pod), 'data:file:ro:1024')
})

test('disks come in the order of the spec, after all other devices, with their names as serial numbers', () => {
  const { container, disks } = podWith(disk, { ...disk, name: 'a', claim: 'b' })
  assert.equal(
    container.args?.slice(-10).filter((word) => word.includes('volume-')),
    disks,
  )
  assert.equal(
    disks.filter((word) => word.startsWith('virtio')),
    ['data', 'a'].map(
      (name) => `virtio-blk-pci,id=volume-${name},drive=volume-${name},serial=${name},werror=enospc`,
    ),
  )
})

test("a guest's flush reaches a volume, as it does not reach the overlay", () => {
  assert.not(podWith(disk).disks.some((word) => word.includes('no-flush')))
})

const claim = (more: object): PersistentVolumeClaim => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'pool' },
  ...more,
})
const requests = { spec: { resources: { requests: { storage: '1Gi' } } } }
const sizes: ReadonlyArray<[string, PersistentVolumeClaim, number]> = [
  [
    'its volume has, which may be more than was asked for',
    claim({ ...requests, status: { capacity: { storage: '2Gi' } } }),
    2 * 1024 ** 3,
  ],
  ['was asked for, while it has no volume', claim(requests), 1024 ** 3],
  ['there is, where nobody says anything', claim({}), 0],
]
for (const [what, live, bytes] of sizes)
  test(`a disk may have as much of its claim as ${what}`, () =>
    assert.is(diskVolume({ name: 'data', claim: 'pool' }, live).bytes, bytes))

test.run()

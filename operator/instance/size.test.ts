import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Flavor } from '../api/flavor.ts'
import { ephemeralStorageBytes, ephemeralStorageLimitBytes, overlayVolumeBytes } from './desired/disk.ts'
import { vmPod } from './desired/pod.ts'
import { scratchDisks, sizeOf } from './size.ts'
import { ago, booted, config, flavor, instance } from './testing/build.ts'

const GiB = 1024 ** 3
const rich: Flavor = { ...flavor, spec: { ...flavor.spec, scratch: '20Gi', swap: '2Gi' } }
const byFlavor = { flavor: 's1.1core', resources: undefined }
const own = [{ name: 'work', size: '5Gi' }]

const rows: ReadonlyArray<
  [what: string, spec: object, of: Flavor | undefined, want: Record<string, number>]
> = [
  ['a plain flavor', byFlavor, flavor, {}],
  ['a flavor with scratch and swap', byFlavor, rich, { scratch: 20 * GiB, swap: 2 * GiB }],
  [
    'such a flavor, and more',
    { ...byFlavor, scratch: own },
    rich,
    { scratch: 20 * GiB, work: 5 * GiB, swap: 2 * GiB },
  ],
  ['a size written out, and scratch', { scratch: own }, undefined, { work: 5 * GiB }],
  [
    'a scratch disk of no whole sectors',
    { scratch: [{ name: 'odd', size: 1048577 }] },
    undefined,
    { odd: 1048576 + 512 },
  ],
]
for (const [what, spec, of, want] of rows) {
  test(`disks that go with the VM: ${what}`, () => {
    const size = sizeOf(instance(spec).spec, of)
    assert.equal(Object.fromEntries(scratchDisks(size ?? {}).map(({ name, bytes }) => [name, bytes])), want)
  })
}

function podOf(spec: object) {
  const one = instance({ ...byFlavor, ...spec })
  const size = sizeOf(one.spec, rich)
  if (size === undefined) throw new Error('the instance has no size')
  return vmPod({ instance: one, size, boot: booted, config, restartsBefore: 0, createdAt: ago(0) })
}

test('all that a guest can write to them is in the requests, the limits and the volume of the overlay', () => {
  const { spec } = podOf({ scratch: own })
  const { requests, limits } = spec?.containers[0]?.resources ?? {}
  const overlay = spec?.volumes?.find(({ name }) => name === 'overlay')?.emptyDir?.sizeLimit
  const disks = 27 * GiB
  const disk = 10 * GiB
  assert.ok(Number(requests?.['ephemeral-storage']) >= ephemeralStorageBytes(disk) + disks)
  assert.ok(Number(limits?.['ephemeral-storage']) >= ephemeralStorageLimitBytes(disk) + disks)
  assert.ok(Number(overlay) >= overlayVolumeBytes(disk) + disks)
})

test('the runner makes them, QEMU has them after all volumes, and a flush costs nothing', () => {
  const [container] = podOf({ scratch: own }).spec?.containers ?? []
  const made = container?.env?.find(({ name }) => name === 'VM_SCRATCH')?.value
  assert.is(made, `scratch:${20 * GiB},work:${5 * GiB},swap:${2 * GiB}`)
  const serials = (container?.args ?? []).flatMap((word) => /serial=([^,]+)/.exec(word)?.[1] ?? [])
  assert.equal(serials, ['scratch', 'work', 'swap'])
  const node = container?.args?.find((word) => word.includes('"scratch-work"'))
  assert.match(node ?? '', '"no-flush":true')
})

test.run()

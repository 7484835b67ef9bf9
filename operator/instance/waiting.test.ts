import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Flavor } from '../api/flavor.ts'
import type { Booted } from '../api/instance-status.ts'
import { findCondition } from '../kube/conditions.ts'
import { decide } from './decide.ts'
import type { Observed } from './observed.ts'
import { statusOf } from './status.ts'
import { answering, flavor, instance, now, observed, onNode, podOf } from './testing/build.ts'

const one = instance({ flavor: 's1.1core', resources: undefined, boot: { image: 'debian' } })
const boot: Booted = { kind: 'BaseImage', name: 'debian', claim: 'debian-1', sha256: 'a'.repeat(64) }
const renewed: Booted = { ...boot, claim: 'debian-2', sha256: 'b'.repeat(64) }
const like = (change: Partial<Flavor['spec']>): Flavor => ({ ...flavor, spec: { ...flavor.spec, ...change } })

/** What is said to wait, where a VM of that flavor and image runs. */
function waits(change: Partial<Observed>): string | undefined {
  const given = running(change)
  const status = statusOf(given, decide(given))
  const again = statusOf(
    { ...given, instance: { ...one, status }, now: new Date(now.getTime() + 60_000) },
    decide(given),
  )
  assert.equal(again, status, 'it is said once')
  return findCondition(status.conditions, 'RestartRequired')?.message
}

const running = (change: Partial<Observed>): Observed =>
  observed({
    instance: one,
    pod: onNode(podOf(one, answering, 0, 20, boot)),
    source: { kind: 'ready', boot },
    ...change,
  })

const rows: readonly { name: string; change: Partial<Observed>; want: RegExp | undefined }[] = [
  { name: 'nothing is changed', change: {}, want: undefined },
  {
    name: 'the flavor has more memory',
    change: { flavor: like({ memory: '2Gi' }) },
    want: /^Flavor s1\.1core was changed .* raise spec\.rebuildGeneration/,
  },
  { name: 'the flavor has a scratch disk', change: { flavor: like({ scratch: '1Gi' }) }, want: /^Flavor/ },
  { name: 'the flavor has swap', change: { flavor: like({ swap: '1Gi' }) }, want: /^Flavor/ },
  {
    name: 'the flavor has the same memory in other words',
    change: { flavor: like({ memory: '1024Mi' }) },
    want: undefined,
  },
  { name: 'the flavor is gone', change: { flavor: undefined }, want: undefined },
  {
    name: 'the image has a new content',
    change: { source: { kind: 'ready', boot: renewed } },
    want: /^BaseImage debian has a new content .* raise spec\.rebuildGeneration/,
  },
  {
    name: 'the same content is in another claim',
    change: { source: { kind: 'ready', boot: { ...boot, claim: 'debian-2' } } },
    want: undefined,
  },
  {
    name: 'the image boots by another firmware',
    change: { source: { kind: 'ready', boot: { ...boot, firmware: 'UEFI' } } },
    want: /^BaseImage debian boots by UEFI since the VM was built, which has BIOS; .* raise spec\.rebuildGeneration/,
  },
  {
    name: 'the image is gone',
    change: { source: { kind: 'missing', reason: 'ImageNotFound', message: 'It is gone.' } },
    want: undefined,
  },
  {
    name: 'the disk is kept in a Snapshot, from which the next VM starts',
    change: { source: { kind: 'ready', boot: { ...renewed, kind: 'Snapshot', name: 'web1-1a2b3c4d' } } },
    want: undefined,
  },
  {
    name: 'both are changed',
    change: { flavor: like({ cpus: 2 }), source: { kind: 'ready', boot: renewed } },
    want: /^Flavor s1\.1core .* BaseImage debian /,
  },
]
for (const { name, change, want } of rows)
  test(`what waits for a rebuild, where ${name}`, () => {
    const message = waits(change)
    if (want === undefined) assert.is(message, undefined)
    else assert.match(message ?? '', want)
  })

test.run()

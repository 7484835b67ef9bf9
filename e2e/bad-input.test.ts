import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { flavors, keyPairs } from '../operator/api/types.ts'
import { findCondition } from '../operator/kube/conditions.ts'
import { persistentVolumeClaims, pods } from '../operator/kube/resource.ts'
import { client } from './harness/client.ts'
import { cells, tryKubectl } from './harness/kubectl.ts'
import { Lab, type SpecPart } from './harness/lab.ts'
import { waitFor } from './harness/wait-for.ts'

const flavor = 'e2e-bad-input'
test.after(() => client.delete(flavors, { name: flavor }).catch(() => {}))

const lab = new Lab(test, 'bad-input', {
  claims: { empty: 32, letters: 16, 'junk-qcow2': 32, 'junk-raw': 80, chained: 16 },
})

/** In a shell of the workbench: puts what a command makes into a place at once. */
const place = (command: string, target: string) =>
  lab.workbench.sh(
    `cd /claims && ${command.replaceAll('OUT', `${target}.new`)} && mv ${target}.new ${target}`,
  )
const copyOfBase = (target: string) => place('cp base/disk.qcow2 OUT', target)

type Row = Readonly<{
  /** Of the instance. */
  name: string
  spec: SpecPart
  reason: string
  /** What the message says is wrong, and what to do about it. */
  says: RegExp
  /** Mends the cause, not the instance, unless the cause is in it. */
  mend?: () => Promise<unknown>
  /** What it stalls for next, where mending the one cause shows another. */
  next?: string
}>

/** What only the cluster can know to be wrong. */
const rows: readonly Row[] = [
  {
    name: 'no-claim',
    spec: { boot: { claim: 'absent' } },
    reason: 'ClaimNotFound',
    says: /no PersistentVolumeClaim absent .*create it/,
    mend: () =>
      client.create(persistentVolumeClaims, {
        metadata: { name: 'absent', namespace: lab.namespace },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '16Mi' } } },
      }),
    next: 'BaseImageMissing',
  },
  {
    name: 'no-flavor',
    spec: { flavor },
    reason: 'FlavorNotFound',
    says: /no Flavor e2e-bad-input.*kubectl get flavors/,
    mend: () =>
      client.apply(flavors, {
        metadata: { name: flavor },
        spec: { cpus: 1, memory: '128Mi', disk: '128Mi' },
      }),
  },
  {
    name: 'no-key-pair',
    spec: { sshAuthorizedKeys: [], keyPairs: ['late'] },
    reason: 'KeyPairNotFound',
    says: /no KeyPair late .*create it/,
    // The one key that lets the test in afterwards.
    mend: () =>
      client.create(keyPairs, {
        metadata: { name: 'late', namespace: lab.namespace },
        spec: { publicKey: lab.key.publicKey },
      }),
  },
  {
    name: 'no-volume',
    spec: { volumes: [{ name: 'data', claim: 'absent-volume' }] },
    reason: 'ClaimNotFound',
    says: /no PersistentVolumeClaim absent-volume .*create it, or correct spec\.volumes \(data\)/,
  },
  {
    name: 'empty-claim',
    spec: { boot: { claim: 'empty' } },
    reason: 'BaseImageMissing',
    says: /neither disk\.qcow2 nor disk\.img/,
    mend: () => copyOfBase('empty/disk.qcow2'),
  },
  {
    name: 'letters',
    spec: { boot: { claim: 'letters' } },
    reason: 'BaseImageMissing',
    says: /neither disk\.qcow2 nor disk\.img/,
  },
  {
    name: 'junk-qcow2',
    spec: { boot: { claim: 'junk-qcow2' } },
    reason: 'BaseImageInvalid',
    says: /disk\.qcow2 is not a qcow2 image/,
    mend: () => copyOfBase('junk-qcow2/disk.qcow2'),
  },
  {
    name: 'junk-raw',
    spec: { boot: { claim: 'junk-raw' } },
    reason: 'BaseImageNotBootable',
    says: /disk\.img has no boot sector/,
    mend: () => place('qemu-img convert -O raw base/disk.qcow2 OUT', 'junk-raw/disk.img'),
  },
  {
    name: 'chained',
    spec: { boot: { claim: 'chained' } },
    reason: 'BaseImageInvalid',
    says: /needs a backing file.*qemu-img convert/,
  },
  {
    name: 'small-disk',
    spec: { resources: { cpus: 1, memory: '128Mi', disk: '32Mi' } },
    reason: 'DiskTooSmall',
    says: /64 MiB.*32 MiB/,
    mend: () => lab.change('small-disk', { resources: { disk: '128Mi' } }),
  },
]

lab.step('what is wrong is put in place', async () => {
  // Flavors belong to the cluster: a run that was cut off leaves its own behind.
  await client.delete(flavors, { name: flavor }).catch(() => {})
  await place('echo dear diary >OUT', 'letters/README')
  await place('dd if=/dev/urandom of=OUT bs=1M count=4 2>/dev/null', 'junk-qcow2/disk.qcow2')
  await place('dd if=/dev/urandom of=OUT bs=1M count=4 2>/dev/null', 'junk-raw/disk.img')
  await place('qemu-img create -q -f qcow2 -u -F raw -b /etc/passwd OUT 64M', 'chained/disk.qcow2')
  for (const { name, spec } of rows) await lab.apply(name, spec)
})

for (const { name, reason, says } of rows) {
  lab.test(`${name}: stalls for ${reason}, says what to do, and tells it in an event`, async () => {
    const isStalled = async () => findCondition((await lab.status(name)).conditions, 'Stalled')
    const stalled = await waitFor(`${name} to stall`, 60, isStalled, (found) => found?.status === 'True')
    assert.is(stalled?.reason, reason)
    assert.match(stalled?.message ?? '', says)
    const [, row] = cells(await lab.kubectl('get', 'ei', name))
    assert.equal(row?.slice(0, 3), [name, 'Stalled', 'False'])
    const warning = new RegExp(`Warning +${reason} `)
    const told = () => lab.kubectl('describe', 'ei', name)
    await waitFor('the warning', 15, told, (text) => warning.test(text))
  })
}

/** The pods of the VMs, with how often their containers were started anew. */
async function pace(): Promise<{ name: string; uid: string; starts: number }[]> {
  const labelSelector = 'app.kubernetes.io/name=ephemera-vm'
  const { items } = await client.list(pods, { namespace: lab.namespace, labelSelector })
  return items.map(({ metadata, status }) => ({
    name: metadata.name,
    uid: metadata.uid ?? '',
    starts: status?.containerStatuses?.[0]?.restartCount ?? 0,
  }))
}

lab.test(
  'nothing runs in circles: no pod where none can be, one for each other, and each started once',
  async () => {
    const found = await pace()
    const withoutPod = ['no-claim', 'no-flavor', 'no-key-pair', 'no-volume']
    const expected = rows.map(({ name }) => name).filter((name) => !withoutPod.includes(name))
    assert.equal(found.map(({ name }) => name).sort(), expected.map((name) => `${name}-vm`).sort())
    assert.equal(
      found.filter(({ starts }) => starts > 0),
      [],
    )
    const events = await lab.kubectl('get', 'events', '-o', 'json')
    const { items } = JSON.parse(events) as {
      items: { reason: string; series?: { count: number }; involvedObject: { name: string } }[]
    }
    for (const { name } of rows) {
      const created = items.filter(
        ({ reason, involvedObject }) => reason === 'PodCreated' && involvedObject.name === name,
      )
      assert.ok(created.length <= 1 && created[0]?.series === undefined, `${name} had several pods`)
    }
  },
)

for (const { name, mend, next } of rows.filter((row) => row.mend !== undefined)) {
  lab.test(`${name}: heals by itself when the cause is mended`, async () => {
    await mend?.()
    if (next !== undefined) {
      const isNext = ({ conditions }: Awaited<ReturnType<typeof lab.status>>) =>
        findCondition(conditions, 'Stalled')?.reason === next
      await lab.until(name, `to stall for ${next} instead`, isNext, 60)
      return
    }
    await lab.ready(name)
    assert.is(await lab.sh(name, 'hostname'), name)
    const { conditions } = await lab.status(name)
    assert.is(findCondition(conditions, 'Stalled'), undefined)
    // Room for the next one.
    await lab.kubectl('delete', 'ei', name, '--wait=false')
  })
}

/** What the API server refuses at once; operator/api has the whole table. */
const refused: readonly Readonly<{ what: string; spec: SpecPart; says: RegExp }>[] = [
  {
    what: 'no CPU',
    spec: { resources: { cpus: 0, memory: '128Mi', disk: '1Gi' } },
    says: /spec\.resources\.cpus.*greater than or equal to 1/,
  },
  {
    what: 'a volume that the VM boots from',
    spec: { volumes: [{ name: 'data', claim: 'base' }] },
    says: /cannot be one of its volumes as well/,
  },
  { what: 'a key that is none', spec: { sshAuthorizedKeys: ['hello'] }, says: /not an OpenSSH public key/ },
  { what: 'a name that is a key', spec: { keyPairs: ['ssh-ed25519 AAAA'] }, says: /names of KeyPairs/ },
  { what: '65 KiB of user-data', spec: { userData: 'x'.repeat(65 * 1024) }, says: /at most 64 KiB/ },
]

for (const { what, spec, says } of refused) {
  lab.test(`kubectl apply is refused: ${what}`, async () => {
    const input = JSON.stringify(lab.manifest('refused', spec))
    const { code, stderr } = await tryKubectl(['apply', '-n', lab.namespace, '-f', '-'], { input })
    assert.is(code, 1)
    assert.match(stderr, says)
  })
}

test.run()

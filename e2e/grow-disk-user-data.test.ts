import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { flavors } from '../operator/api/types.ts'
import { findCondition } from '../operator/kube/conditions.ts'
import { secrets } from '../operator/kube/resource.ts'
import { client } from './harness/client.ts'
import { cells } from './harness/kubectl.ts'
import { Lab } from './harness/lab.ts'
import { waitFor } from './harness/wait-for.ts'

const flavor = 'e2e-grow-disk'
test.after(() => client.delete(flavors, { name: flavor }).catch(() => {}))
const lab = new Lab(test, 'grow-disk')

lab.step('a flavor offers more disk than the image has, a Secret will have the user-data', async () => {
  const spec = { cpus: 1, memory: '128Mi', disk: '1Gi', description: 'For a test.' }
  await client.apply(flavors, { metadata: { name: flavor }, spec })
  await lab.apply('web1', { flavor, userDataFrom: { secretKeyRef: { name: 'late', key: 'script' } } })
})

lab.step('as long as the Secret with the user-data is missing the VM stalls, and says for what', async () => {
  const { conditions } = await lab.until('web1', 'to stall', ({ phase }) => phase === 'Stalled')
  const stalled = findCondition(conditions, 'Stalled')
  assert.is(stalled?.reason, 'UserDataMissing')
  assert.match(stalled?.message ?? '', /no Secret late with key script .*create it/)
})

lab.step('it heals by itself when the Secret comes and the kubelet has noticed', async () => {
  const stringData = { script: '#!/bin/sh\nid -un >/root/ran\necho "user-data: running on $(hostname)"\n' }
  await client.create(secrets, { metadata: { name: 'late', namespace: lab.namespace }, stringData })
  await lab.until('web1', 'to answer', ({ phase }) => phase === 'Ready', 420)
  const { conditions, restarts } = await lab.status('web1')
  assert.is(findCondition(conditions, 'Stalled'), undefined)
  assert.is(restarts, 0)
  const [head = [], row = []] = cells(await lab.kubectl('get', 'ei', '-o', 'wide'))
  assert.is(row[head.indexOf('FLAVOR')], flavor)
  assert.is(row[head.indexOf('DISK')], '1Gi')
})

lab.step('the guest sees the disk of the flavor and has grown into it', async () => {
  assert.is(await lab.sh('web1', 'cat /sys/block/vda/size'), String(1024 ** 3 / 512))
  const mebibytes = Number(await lab.sh('web1', "df -m / | awk 'END { print $2 }'"))
  assert.ok(mebibytes > 900, `the root file system has ${mebibytes} MiB`)
  await lab.sh('web1', 'dd if=/dev/zero of=/root/big bs=1M count=200 && sync && rm /root/big')
})

lab.step('the user-data script ran as root, and its words are on the console', async () => {
  const log = () => lab.console('web1')
  const words = await waitFor('the end of user-data', 30, log, (text) => /user-data ended/.test(text))
  assert.match(words, /user-data: running on web1/)
  assert.match(words, /user-data ended with exit status 0/)
  assert.is(await lab.sh('web1', 'cat /root/ran'), 'root')
})

/** What the guest itself finds. */
const size = async () => ({
  cpus: Number(await lab.sh('web1', 'nproc')),
  mebibytes: Number(await lab.sh('web1', "awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo")),
  sectors: Number(await lab.sh('web1', 'cat /sys/block/vda/size')),
})
let before: Awaited<ReturnType<typeof size>>

lab.step('a flavor that is edited leaves the VM alone, and RestartRequired says so', async () => {
  const [pod, boot] = [await lab.podUid('web1'), await lab.sh('web1', 'cat /proc/sys/kernel/random/boot_id')]
  before = await size()
  const spec = { cpus: 2, memory: '192Mi', disk: '2Gi', description: 'For a test.' }
  await client.apply(flavors, { metadata: { name: flavor }, spec })
  const { conditions, resources, restarts, phase } = await lab.until(
    'web1',
    'to say that it has to be rebuilt',
    (status) => findCondition(status.conditions, 'RestartRequired')?.status === 'True',
    30,
  )
  const message = findCondition(conditions, 'RestartRequired')?.message ?? ''
  assert.match(message, /^Flavor e2e-grow-disk was changed .*raise spec\.rebuildGeneration/)
  assert.equal([phase, restarts], ['Ready', 0])
  assert.equal([resources?.cpus, resources?.memory, resources?.disk], [1, '128Mi', '1Gi'])
  assert.equal(await size(), before)
  assert.is(await lab.sh('web1', 'cat /proc/sys/kernel/random/boot_id'), boot)
  assert.is(await lab.podUid('web1'), pod)
})

lab.step(
  'a Secret that is changed is nothing to the VM that runs, and is what its rebuild reads',
  async () => {
    const before = await lab.podUid('web1')
    const stringData = { script: '#!/bin/sh\necho "changed on $(hostname)" >/root/ran\n' }
    await lab.kubectl('patch', 'secret', 'late', '--type=merge', '-p', JSON.stringify({ stringData }))
    assert.is(await lab.sh('web1', 'cat /root/ran'), 'root')
    await lab.change('web1', { rebuildGeneration: 1 })
    await lab.ready('web1')
    assert.is.not(await lab.podUid('web1'), before)
    const ran = () => lab.sh('web1', 'cat /root/ran')
    await waitFor('the changed script to have run', 30, ran, (text) => text === 'changed on web1')
  },
)

lab.step('the rebuilt VM has the size of the edited flavor', async () => {
  const { conditions, resources } = await lab.status('web1')
  assert.is(findCondition(conditions, 'RestartRequired'), undefined)
  assert.equal([resources?.cpus, resources?.memory, resources?.disk], [2, '192Mi', '2Gi'])
  const after = await size()
  assert.equal([before.cpus, after.cpus], [1, 2])
  assert.equal([before.sectors, after.sectors], [1024 ** 3 / 512, 2 * (1024 ** 3 / 512)])
  assert.ok(after.mebibytes - before.mebibytes >= 60, `${before.mebibytes} MiB, then ${after.mebibytes}`)
})

lab.step('a flavor that is taken away leaves the VM alone', async () => {
  const pod = await lab.podUid('web1')
  await client.delete(flavors, { name: flavor })
  await lab.kubectl('annotate', 'ei', 'web1', 'test=look-again')
  const { phase, resources } = await lab.status('web1')
  assert.equal({ phase, disk: resources?.disk }, { phase: 'Ready', disk: '2Gi' })
  assert.is(await lab.podUid('web1'), pod)
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { findCondition } from '../operator/kube/conditions.ts'
import { persistentVolumeClaims } from '../operator/kube/resource.ts'
import { client } from './harness/client.ts'
import { deviceOf } from './harness/guests.ts'
import { Lab } from './harness/lab.ts'
import { makeRoom, nodesAreOurs, removeRoom, resizeRoom } from './harness/nodes.ts'
import { waitFor } from './harness/wait-for.ts'

/** A volume whose storage we can make smaller than its disk, and the node that it is on. */
const small = 'e2e-volumes-small'
let node = ''
test.after(async () => {
  if (node !== '') await removeRoom(small, node)
})
const lab = new Lab(test, 'volumes')
const volumes = [{ name: 'data', claim: 'data' }]

const disk = deviceOf('data')
const mount = `mkdir -p /mnt && mount ${disk} /mnt`

lab.step(
  'a guest writes a file system on a volume, whose claim got its storage with the first pod',
  async () => {
    await client.create(persistentVolumeClaims, {
      metadata: { name: 'data', namespace: lab.namespace },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '64Mi' } } },
    })
    await lab.apply('web1', { volumes })
    await lab.ready('web1')
    assert.is(await lab.sh('web1', `cat /sys/block/$(basename ${disk})/size`), String(63 * 2048))
    await lab.sh('web1', `busybox mke2fs ${disk} && ${mount} && echo mine > /mnt/note && sync`)
  },
)

lab.step('a second VM waits for the volume, and is told who has it', async () => {
  if (nodesAreOurs) {
    node = (await lab.status('web1')).nodeName ?? ''
    await makeRoom({ namespace: lab.namespace, name: small }, node)
  }
  const more = nodesAreOurs ? [{ name: 'small', claim: small }] : []
  await lab.apply('web2', { volumes: [...volumes, ...more] })
  const isWaiting = ({ conditions }: Awaited<ReturnType<typeof lab.status>>) =>
    findCondition(conditions, 'Active')?.reason === 'VolumeInUse'
  const { conditions } = await lab.until('web2', 'to wait for the volume', isWaiting, 30)
  assert.match(findCondition(conditions, 'Ready')?.message ?? '', /EphemeralInstance web1 has claim data/)
})

lab.step('the file is there after a rebuild, in a guest of another size', async () => {
  await lab.change('web1', { resources: { cpus: 2, memory: '160Mi', disk: '128Mi' } })
  const isChanged = ({ conditions }: Awaited<ReturnType<typeof lab.status>>) =>
    findCondition(conditions, 'RestartRequired')?.status === 'True'
  await lab.until('web1', 'to say that it has to be rebuilt', isChanged, 30)
  assert.is(await lab.sh('web1', 'nproc'), '1')
  await lab.change('web1', { rebuildGeneration: 1 })
  await lab.ready('web1')
  assert.is(await lab.sh('web1', 'nproc'), '2')
  assert.is(await lab.sh('web1', `${mount} && cat /mnt/note`), 'mine')
})

lab.step('the VM that waits gets the volume when the other is deleted, with what is on it', async () => {
  await lab.kubectl('delete', 'ei', 'web1', '--wait=false')
  await lab.ready('web2')
  assert.is(await lab.sh('web2', `${mount} && cat /mnt/note`), 'mine')
})

lab.step('a VM whose volume is full stands still, says so and what to do', async () => {
  if (!nodesAreOurs) return console.log('skipped: storage of this cluster cannot be made small from here')
  // The disk is sparse: what was room for it when it was made may be others' later.
  await resizeRoom(small, node, 8)
  const write = `dd if=/root/lots of=${deviceOf('small')} bs=1M oflag=direct; echo $? >/root/ended`
  await lab.sh('web2', 'dd if=/dev/urandom of=/root/lots bs=1M count=24 2>/dev/null; sync')
  await lab.sh('web2', `(${write}) >/dev/null 2>&1 </dev/null &`)
  const { phase, conditions } = await lab.until(
    'web2',
    'to have no room',
    (status) => findCondition(status.conditions, 'Stalled')?.reason === 'VolumeFull',
    120,
  )
  assert.is(phase, 'Stalled')
  assert.match(findCondition(conditions, 'Stalled')?.message ?? '', /Enlarge the volume, or free room/)
})

lab.step('it goes on by itself when there is room, and no write is lost', async () => {
  if (!nodesAreOurs) return
  await resizeRoom(small, node, 64)
  const { conditions, restarts } = await lab.until('web2', 'to go on', ({ phase }) => phase === 'Ready', 120)
  assert.is(findCondition(conditions, 'Stalled'), undefined)
  assert.is(restarts, 0)
  const ended = () => lab.sh('web2', 'cat /root/ended')
  await waitFor('the write to end', 60, ended, (code) => code === '0')
  await lab.sh('web2', 'echo 3 >/proc/sys/vm/drop_caches')
  await lab.sh('web2', `head -c ${24 * 1024 ** 2} ${deviceOf('small')} | cmp - /root/lots`)
})

test.run()

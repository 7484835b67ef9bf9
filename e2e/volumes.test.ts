import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { findCondition } from '../operator/kube/conditions.ts'
import { persistentVolumeClaims } from '../operator/kube/resource.ts'
import { client } from './harness/client.ts'
import { deviceOf } from './harness/guests.ts'
import { Lab } from './harness/lab.ts'

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
  await lab.apply('web2', { volumes })
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

test.run()

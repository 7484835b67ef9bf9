import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { findCondition } from '../operator/kube/conditions.ts'
import { pods } from '../operator/kube/resource.ts'
import { client } from './harness/client.ts'
import { Lab } from './harness/lab.ts'
import { waitFor } from './harness/wait-for.ts'

/** One guest: it breaks its own boot sector, is rescued by the very image that it was made from, mended, and goes on. */
const lab = new Lab(test, 'rescue')

/** Writes `cli; hlt` where the boot loader began. */
const halt = 'printf "\\372\\364" | dd of=/dev/vda bs=2 count=1 conv=notrunc; sync'

const rescued = (holds: (reason: string | undefined) => boolean) =>
  lab.until('web1', 'Rescued', ({ conditions }) => holds(findCondition(conditions, 'Rescued')?.reason))

lab.step(
  'a VM that cannot boot any more is rescued by an image, and has its disk as a second one',
  async () => {
    await lab.apply('web1')
    await lab.ready('web1')
    await lab.sh(
      'web1',
      `set -e; echo mine >/root/note; dd if=/dev/vda of=/root/start bs=2 count=1; sync; ${halt}`,
    )
    await lab.change('web1', { resetGeneration: 1, rescue: { claim: 'base' } })
    const since = performance.now()
    await rescued((reason) => reason === 'Rescued')
    console.log(`rescued in ${Math.round(performance.now() - since)} ms`)
    const { phase, restarts } = await lab.status('web1')
    assert.equal([phase, restarts], ['Rescued', 0])
    assert.is(await lab.sh('web1', 'grep " / ext4" /proc/mounts'), '/dev/vda2 / ext4 rw,noatime 0 0')
  },
)

lab.step('the worker that brought the image goes', async () => {
  const worker = () => client.find(pods, { namespace: lab.namespace, name: 'web1-rescue' })
  await waitFor('the worker to be gone', 30, worker, (found) => found === undefined)
})

lab.step('mended, it boots from its own disk, and has all that was on it', async () => {
  const device = await lab.sh('web1', 'grep -lx rescued /sys/block/vd*/serial | cut -d/ -f4')
  const mend = `mount /dev/${device}2 /mnt; echo mended >>/mnt/root/note; dd if=/mnt/root/start of=/dev/${device} bs=2 count=1 conv=notrunc; umount /mnt; sync`
  await lab.sh('web1', `set -e; ${mend}`)
  const before = await lab.podUid('web1')
  await lab.change('web1', { rescue: null })
  await rescued((reason) => reason === undefined)
  await lab.ready('web1')
  assert.is(await lab.sh('web1', 'cat /root/note'), 'mine\nmended')
  assert.is(await lab.podUid('web1'), before)
  const { actions = [], restarts } = await lab.status('web1')
  assert.equal([actions.slice(-2).map(({ action }) => action), restarts], [['Rescue', 'Unrescue'], 0])
})

test.run()

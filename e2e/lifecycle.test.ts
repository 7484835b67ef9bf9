import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { findCondition } from '../operator/kube/conditions.ts'
import { Lab } from './harness/lab.ts'
import { waitFor } from './harness/wait-for.ts'

const lab = new Lab(test, 'lifecycle')

const bootId = (name: string) => lab.sh(name, 'cat /proc/sys/kernel/random/boot_id')
const note = (name: string) => lab.sh(name, 'cat /root/note 2>/dev/null || echo gone')

/** Raises a counter, and waits for the guest to answer again. */
async function raise(counter: 'rebootGeneration' | 'resetGeneration', to: number): Promise<void> {
  const before = await bootId('web1')
  await lab.change('web1', { [counter]: to })
  await lab.ready('web1')
  assert.is.not(await bootId('web1'), before)
  assert.is((await lab.status('web1'))[counter], to)
}

lab.step('a VM boots, and has a note on its disk', async () => {
  await lab.apply('web1', { onGuestReboot: 'Rebuild', restartPolicy: 'Never' })
  await lab.ready('web1')
  await lab.sh('web1', 'echo mine > /root/note; sync')
})

lab.step('resetGeneration resets it and rebootGeneration reboots it; pod and disk stay', async () => {
  const pod = await lab.podUid('web1')
  await raise('resetGeneration', 1)
  await raise('rebootGeneration', 1)
  assert.is(await lab.podUid('web1'), pod)
  assert.is(await note('web1'), 'mine')
  const told = () => lab.kubectl('describe', 'ei', 'web1')
  await waitFor(
    'both events',
    15,
    told,
    (text) => /Normal +Resetting /.test(text) && /Normal +Rebooting /.test(text),
  )
})

lab.step(
  "the guest's own reboot brings the known-good state back, though restartPolicy is Never",
  async () => {
    await lab.trySh('web1', 'reboot')
    const { conditions } = await lab.restarted('web1', 1)
    assert.is(findCondition(conditions, 'Stalled'), undefined)
    assert.is(await note('web1'), 'gone')
  },
)

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { findCondition } from '../operator/kube/conditions.ts'
import { configMaps } from '../operator/kube/resource.ts'
import { client } from './harness/client.ts'
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

/** Panics as soon as it is up, each time. */
const panics = '#!/bin/sh\necho 1 >/proc/sys/kernel/sysrq\necho c >/proc/sysrq-trigger\n'

lab.step('a VM boots, and has a note on its disk', async () => {
  const script = { name: 'panics', namespace: lab.namespace }
  await client.create(configMaps, { metadata: script, data: { script: panics } })
  await lab.apply('web2', { userDataFrom: { configMapKeyRef: { name: 'panics', key: 'script' } } })
  const liveness = { ssh: {}, silentSeconds: 60 }
  await lab.apply('web1', { onGuestReboot: 'Rebuild', restartPolicy: 'Never', liveness })
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

lab.step('the guest agent tells of the guest', async () => {
  const { guest, ip } = await lab.until('web1', 'what its guest says', ({ guest }) => guest !== undefined, 60)
  assert.is(guest?.hostname, 'web1')
  assert.ok(guest?.addresses?.includes(ip ?? ''), JSON.stringify(guest))
  assert.match(guest?.kernel ?? '', /^6\./)
  assert.is(guest?.filesystems?.find(({ mountpoint }) => mountpoint === '/')?.type, 'ext4')
})

lab.step('the history tells what was done, and why', async () => {
  const { actions = [] } = await lab.status('web1')
  assert.equal(
    actions.map(({ action, reason }) => `${action} ${reason}`),
    ['Start Created', 'Reset Resetting', 'Reboot Rebooting', 'Restart GuestRebooted'],
  )
})

lab.step('a guest falls silent, with a note on its disk', async () => {
  await lab.sh('web1', 'echo mine > /root/note; sync')
  await lab.trySh('web1', 'killall dropbear')
})

lab.step(
  'a guest that panics again and again is started ever more slowly, and the instance says why',
  async () => {
    const looping = await lab.until(
      'web2',
      'a crash loop',
      ({ conditions }) => findCondition(conditions, 'Active')?.reason === 'CrashLoop',
    )
    const { message = '' } = findCondition(looping.conditions, 'Active') ?? {}
    assert.match(message, /kernel panicked.*again and again.*waits longer/)
    const why = ({ actions = [] }: typeof looping) => actions.some(({ reason }) => reason === 'GuestPanicked')
    await lab.until('web2', 'a restart for the panic', why)
  },
)

lab.step('the silent one has been reset meanwhile, its disk stayed, and the status counts it', async () => {
  await lab.until('web1', 'a reset', ({ livenessResets = 0 }) => livenessResets > 0)
  await lab.ready('web1')
  assert.is(await note('web1'), 'mine')
  assert.is((await lab.status('web1')).restarts, 1)
})

lab.step('nobody but the test has written the spec', async () => {
  // It made the instance and raised two counters; all that followed is in the status.
  assert.is((await lab.get('web1')).metadata.generation, 3)
})

test.run()

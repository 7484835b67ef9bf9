import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { findCondition } from '../operator/kube/conditions.ts'
import { cells } from './harness/kubectl.ts'
import { Lab } from './harness/lab.ts'
import { processOf } from './harness/processes.ts'
import { run } from './harness/run.ts'
import { hostKey } from './harness/ssh.ts'

const lab = new Lab(test, 'stop-start')

/** The pod's log from now on, until its end. */
const rest = (name: string) =>
  run('kubectl', ['logs', '-n', lab.namespace, '--follow', '--since=1s', `${name}-vm`])

/** What QEMU has used of the CPU, in ticks of 10 ms. */
const ticks = async (name: string) => (await processOf(lab, name, 'qemu')).ticks

lab.step('two VMs start', async () => {
  await lab.apply('web1', { terminationGracePeriodSeconds: 120 })
  await lab.apply('web2', { terminationGracePeriodSeconds: 8 })
  await lab.ready('web1', 'web2')
})

lab.step('Stopped powers the guest down, within the grace period', async () => {
  await lab.sh('web1', 'echo mine > /root/note; sync')
  const log = rest('web1')
  await lab.change('web1', { powerState: 'Stopped' })
  await lab.podGone('web1', 25)
  assert.match((await log).stdout, /vm: Terminated: the guest powered off/i)
})

lab.step('a stopped instance is healthy and at rest', async () => {
  const { conditions, ip } = await lab.until('web1', 'Stopped', ({ phase }) => phase === 'Stopped', 15)
  assert.is(ip, undefined)
  assert.is(findCondition(conditions, 'Active')?.reason, 'Stopped')
  for (const type of ['Ready', 'Stalled', 'Reconciling'])
    assert.is(findCondition(conditions, type), undefined, type)
  const [, row] = cells(await lab.kubectl('get', 'ei', 'web1'))
  assert.equal(row?.slice(0, 2), ['web1', 'Stopped'])
})

lab.step('Running starts a fresh VM', async () => {
  await lab.change('web1', { powerState: 'Running' })
  await lab.ready('web1')
  assert.is(await lab.sh('web1', 'ls /root'), '')
})

lab.step("Paused stops the guest's CPUs; memory stays, and a guest that is resumed goes on", async () => {
  // A guest with much to do: its standing still shows.
  const busy = 'yes >/dev/null & echo $! >/tmp/busy; cat /proc/sys/kernel/random/boot_id'
  const boot = await lab.sh('web2', busy)
  const address = await lab.address('web2')
  await lab.change('web2', { powerState: 'Paused' })
  const { conditions } = await lab.until('web2', 'Paused', ({ phase }) => phase === 'Paused', 30)
  assert.is(findCondition(conditions, 'Active')?.status, 'True')
  assert.is(findCondition(conditions, 'Ready'), undefined)

  const used = await ticks('web2')
  assert.is(await hostKey(address, 3), '')
  const usedPaused = (await ticks('web2')) - used
  assert.ok(usedPaused < 30, `${usedPaused * 10} ms of CPU in some 3 s of pause`)

  await lab.change('web2', { powerState: 'Running' })
  await lab.ready('web2')
  assert.is(await lab.sh('web2', 'kill -0 $(cat /tmp/busy) && cat /proc/sys/kernel/random/boot_id'), boot)
  const usedRunning = (await ticks('web2')) - used
  assert.ok(usedRunning > 30, `${usedRunning * 10} ms of CPU since it was resumed`)
})

lab.step('a guest that ignores the power key is cut off before its grace period ends', async () => {
  await lab.sh('web2', 'killall acpid yes')
  const log = rest('web2')
  await lab.change('web2', { powerState: 'Stopped' })
  await lab.podGone('web2', 20)
  const { stdout } = await log
  assert.match(stdout, /vm: Terminated/)
  assert.not.match(stdout, /the guest powered off/i)
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { findCondition } from '../operator/kube/conditions.ts'
import { Lab } from './harness/lab.ts'
import { waitFor } from './harness/wait-for.ts'

const lab = new Lab(test, 'never-on-failure')

const powerOff = (name: string) => lab.trySh(name, 'poweroff')
const panic = (name: string) => lab.trySh(name, 'echo c > /proc/sysrq-trigger')

lab.step('three VMs boot', async () => {
  await lab.apply('never1', { restartPolicy: 'Never' })
  await lab.apply('never2', { restartPolicy: 'Never' })
  await lab.apply('onfail', { restartPolicy: 'OnFailure' })
  await lab.ready('never1', 'never2', 'onfail')
})

lab.step('Never: a guest that powers off has succeeded, and stays down', async () => {
  await powerOff('never1')
  const { conditions, ip } = await lab.until('never1', 'Succeeded', ({ phase }) => phase === 'Succeeded', 60)
  assert.is(ip, undefined)
  for (const type of ['Ready', 'Stalled', 'Reconciling'])
    assert.is(findCondition(conditions, type), undefined, type)
  assert.match(findCondition(conditions, 'Active')?.message ?? '', /guest powered off/i)
  assert.is((await lab.pod('never1')).status?.phase, 'Succeeded')
})

lab.step('Never: a guest that panics has failed, says so, and stays down', async () => {
  await panic('never2')
  const { conditions } = await lab.until('never2', 'Failed', ({ phase }) => phase === 'Failed', 60)
  assert.is(findCondition(conditions, 'Ready')?.status, 'False')
  const stalled = findCondition(conditions, 'Stalled')
  assert.is(stalled?.status, 'True')
  assert.match(stalled?.message ?? '', /panicked/)
  assert.match(stalled?.message ?? '', /rebuildGeneration/)
  const told = () => lab.kubectl('describe', 'ei', 'never2')
  await waitFor('the warning', 15, told, (text) => /Warning +Failed .*panicked/.test(text))
})

lab.step('OnFailure: a guest that panics is followed by a fresh VM', async () => {
  await lab.sh('onfail', 'echo mine > /root/note; sync')
  await panic('onfail')
  await lab.restarted('onfail', 1)
  assert.is(await lab.sh('onfail', 'ls /root'), '')
})

lab.step('OnFailure: a guest that powers off has succeeded', async () => {
  await powerOff('onfail')
  await lab.until('onfail', 'Succeeded', ({ phase }) => phase === 'Succeeded', 60)
})

lab.step('a rebuild starts one that ended', async () => {
  await lab.change('never2', { rebuildGeneration: 1 })
  await lab.ready('never2')
  const { restarts } = await lab.status('never2')
  assert.is(restarts, 0)
})

lab.step('nobody was told that a fresh VM would start where none did', async () => {
  const told = await lab.kubectl('describe', 'ei', 'never1')
  assert.not.match(told, /Restarting|Restarted|fresh VM starts/)
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Lab } from './harness/lab.ts'
import { processOf } from './harness/processes.ts'
import { waitFor } from './harness/wait-for.ts'

const lab = new Lab(test, 'pod-killed')

const note = () => lab.sh('web1', 'cat /root/note 2>/dev/null || echo gone')
const write = () => lab.sh('web1', 'echo mine > /root/note; sync')

let pod = ''

lab.step('a VM runs, and something is written in it', async () => {
  await lab.apply('web1')
  await lab.ready('web1')
  await write()
  pod = await lab.podUid('web1')
})

lab.step('its pod is deleted by force: a fresh VM takes its place', async () => {
  await lab.kubectl('delete', 'pod', 'web1-vm', '--force', '--grace-period=0')
  const { podUID } = await lab.restarted('web1', 1)
  assert.is.not(podUID, pod)
  assert.is(await note(), 'gone')
})

lab.step('QEMU is killed: a fresh VM starts in the same pod', async () => {
  await write()
  pod = await lab.podUid('web1')
  const { pid } = await processOf(lab, 'web1', 'qemu')
  await lab.inPod('web1', `kill -9 ${pid}`)
  const { podUID } = await lab.restarted('web1', 2)
  assert.is(podUID, pod)
  assert.is(await note(), 'gone')
})

lab.step('the events tell of both', async () => {
  const told = () => lab.kubectl('describe', 'ei', 'web1')
  const both = (text: string) => /Warning +PodLost /.test(text) && /Restarting .*QEMU.* fresh VM/.test(text)
  await waitFor('both endings', 15, told, both)
})

test.run()

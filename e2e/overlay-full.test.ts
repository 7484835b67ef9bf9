import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { findCondition } from '../operator/kube/conditions.ts'
import { Lab } from './harness/lab.ts'
import { giveOverlayRoom, nodesAreOurs, resizeOverlayRoom } from './harness/nodes.ts'
import { processOf } from './harness/processes.ts'
import { waitFor } from './harness/wait-for.ts'

const lab = new Lab(test, 'overlay-full')
const step = (name: string, body: () => Promise<void>) =>
  lab.step(name, async () => {
    if (!nodesAreOurs)
      return console.log('skipped: the storage of these nodes cannot be made small from here')
    return body()
  })

let [pod, node] = ['', '']
/** Of the guest: another one after each boot. */
let boot = ''
const bootId = () => lab.sh('web1', 'cat /proc/sys/kernel/random/boot_id')

step('a VM runs whose overlay has room for its boot, and for little more', async () => {
  // More memory than the guest comes to use: the room is in memory, and counts as the pod's.
  await lab.apply('web1', { resources: { cpus: 1, memory: '256Mi', disk: '128Mi' } })
  await lab.ready('web1')
  pod = await lab.podUid('web1')
  node = (await lab.status('web1')).nodeName ?? ''
  await giveOverlayRoom(pod, node, 24)
  const { pid } = await processOf(lab, 'web1', 'qemu')
  await lab.inPod('web1', `kill -9 ${pid}`)
  const { podUID } = await lab.restarted('web1', 1)
  assert.is(podUID, pod)
  assert.match(await lab.inPod('web1', 'df -m /overlay'), /^tmpfs +24 /m)
  boot = await bootId()
})

step('a VM that writes where the disk of its node is full stands still, says so and what to do', async () => {
  await lab.sh('web1', 'sync; dd if=/dev/urandom of=/tmp/lots bs=1M count=40 2>/dev/null')
  const write = 'cp /tmp/lots /root/lots && sync; echo $? >/tmp/ended'
  await lab.sh('web1', `(${write}) >/dev/null 2>&1 </dev/null &`)
  const { phase, conditions } = await lab.until(
    'web1',
    'to have no room',
    (status) => findCondition(status.conditions, 'OverlayFull')?.status === 'True',
    120,
  )
  assert.is(phase, 'Stalled')
  const stalled = findCondition(conditions, 'Stalled')
  assert.is(stalled?.reason, 'OverlayFull')
  assert.match(stalled?.message ?? '', `The disk of node ${node} has no room`)
  assert.match(stalled?.message ?? '', /Free room there, .*goes on by itself/)
  assert.is(findCondition(conditions, 'Ready')?.status, 'False')
  await waitFor(
    'the event',
    15,
    () => lab.kubectl('describe', 'ei', 'web1'),
    (text) => /Warning +OverlayFull /.test(text),
  )
})

step('it goes on by itself when there is room, and no write is lost', async () => {
  await resizeOverlayRoom(pod, node, 128)
  const { conditions, restarts, podUID } = await lab.until(
    'web1',
    'to go on',
    ({ phase }) => phase === 'Ready',
    120,
  )
  for (const type of ['OverlayFull', 'Stalled']) assert.is(findCondition(conditions, type), undefined)
  assert.equal([restarts, podUID, await bootId()], [1, pod, boot])
  await waitFor(
    'the write to end',
    60,
    () => lab.sh('web1', 'cat /tmp/ended'),
    (code) => code === '0',
  )
  await lab.sh('web1', 'echo 3 >/proc/sys/vm/drop_caches; cmp /root/lots /tmp/lots')
  assert.is(await lab.sh('web1', 'dmesg | grep -c "I/O error" || true'), '0')
})

test.run()

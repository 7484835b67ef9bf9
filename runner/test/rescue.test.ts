import { statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { isBooted, isClean, type RescueGraph } from '../../operator/rescue/graph.ts'
import { asOperator } from './as-operator.ts'
import { bootAfter, bootId } from './next-boot.ts'
import { type Pod, startPod } from './pod.ts'
import { fillRescue } from './rescue-fill.ts'
import { waitFor } from './wait-for.ts'
import { openWayIn, type WayIn } from './way-in.ts'

/** One VM is broken, rescued and brought back. Its own reboots would end it: under rescue nothing may. */
let pod: Pod
let way: WayIn
test.before(async () => {
  pod = await startPod({ env: { VM_ON_GUEST_REBOOT: 'rebuild' } })
  way = await openWayIn(pod)
  await pod.until((state) => state.guest === 'Ready')
})
test.after(() => {
  way?.close()
  return pod?.remove()
})

/** As the operator would do it. */
const rescue = (action: string, ...words: string[]) =>
  asOperator<RescueGraph>(pod, 'rescue.ts', action, ...words)
const fill = () => fillRescue(pod, way)
const said = async (command: string) => (await pod.ssh(command)).stdout.trim()
const boot = () => bootId(pod)
const after = (last: string) => bootAfter(pod, last)
let last: string

test('the guest goes on while its rescue is prepared, and what is broken off leaves nothing', async () => {
  await rescue('offer', String(4 * 1024 ** 2))
  const { code, stderr } = await fill()
  assert.is(code, 1, 'it had no room')
  assert.match(stderr, /No space left/)
  assert.is(await said('echo mine >/root/note; mv /sbin/init /sbin/lost; sync; echo on'), 'on')
  assert.ok(isClean(await rescue('end')))
  assert.is(statSync(join(pod.folder, 'overlay/rescue.qcow2')).size, 0)
})

test('it boots the rescue image, alone, and is given its own disk afterwards', async () => {
  await rescue('offer')
  // An operator that comes later makes it anew.
  await rescue('offer')
  assert.is((await fill()).code, 0)
  last = await boot()
  const graph = await rescue('boot')
  assert.ok(isBooted(graph), JSON.stringify(graph))
  assert.equal(graph.exports, [])
  await after(last)
  assert.is(
    await said('cat /root/note 2>/dev/null; cat /proc/mounts | grep " / ext4"; ls /sys/block'),
    '/dev/vda2 / ext4 rw,noatime 0 0\nvda\nvdb',
  )
  assert.ok((await rescue('attach')).hasSecond)
  assert.ok((await rescue('attach')).hasSecond)
  const found = 'until grep -lx rescued /sys/block/vd*/serial; do :; done | cut -d/ -f4'
  const mended = `d=$(${found}); mount /dev/\${d}2 /mnt; cat /mnt/root/note; mv /mnt/sbin/lost /mnt/sbin/init; echo mended >>/mnt/root/note; umount /mnt; echo done`
  assert.is(await said(mended), 'mine\ndone')
})

test('a rescue system that powers off takes no disk with it', async () => {
  last = await boot()
  await pod.ssh('poweroff')
  await pod.until((state) => state.guest === 'Booting')
  let graph = await rescue('look')
  while (graph.runState === 'running') graph = await rescue('look')
  assert.is(graph.runState, 'shutdown')
  assert.ok(isBooted(graph))
  await pod.control('order', ['reset 1'])
  while (graph.runState !== 'running') graph = await rescue('look')
})

test('it comes back on its own disk, as that was left', async () => {
  const graph = await rescue('end')
  assert.ok(isClean(graph), JSON.stringify(graph))
  assert.is(graph.runState, 'running')
  await after(last)
  assert.is(await said('cat /root/note; ls /sys/block'), 'mine\nmended\nvda\nvdb')
  assert.is(statSync(join(pod.folder, 'overlay/rescue.qcow2')).size, 0)
  assert.ok(isClean(await rescue('end')))
  assert.is(await said('echo on'), 'on')
})

test('its own reboot ends it again, as it was made', async () => {
  let isOver = false
  const end = pod.ended.finally(() => {
    isOver = true
  })
  const comesTo = (guest: string) =>
    waitFor(
      () => isOver || pod.state()?.guest === guest || undefined,
      60,
      () => pod.log().slice(-2000),
    )
  await pod.ssh('reboot')
  await comesTo('Booting')
  // For some seconds after it came back a reset is taken for the second one of its BIOS.
  if (!isOver) await comesTo('Ready')
  if (!isOver) await pod.ssh('reboot')
  assert.match((await end).message, /GuestRebooted/)
})

test.run()

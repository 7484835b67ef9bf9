import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Switched } from '../../operator/control/switched.ts'
import type { RescueGraph } from '../../operator/rescue/graph.ts'
import { asOperator } from './as-operator.ts'
import { runnerRoot } from './built.ts'
import { bootAfter, bootId } from './next-boot.ts'
import { type Pod, type PodOptions, sha256, startPod } from './pod.ts'
import { fillRescue } from './rescue-fill.ts'
import { type Puller, startPuller } from './snapshot-puller.ts'
import { openWayIn } from './way-in.ts'

/** One disk that boots by both. A reboot that the guest decides on ends these VMs: their firmware must not reset them by itself. */
const uefi: PodOptions = {
  firmware: 'UEFI',
  memoryMebibytes: 256,
  env: { VM_ON_GUEST_REBOOT: 'rebuild' },
}
let pod: Pod
let child: Pod | undefined
let puller: Puller
test.before(async () => {
  pod = await startPod(uefi)
  puller = await startPuller(pod)
  await pod.until((state) => state.guest === 'Ready')
})
test.after(async () => {
  await puller?.remove()
  await pod?.remove()
  await child?.remove()
})

const said = async (command: string, of = pod) => (await of.ssh(command)).stdout.trim()
const boot = () => bootId(pod)
const after = (last: string) => bootAfter(pod, last)
const bits = 'cat /sys/firmware/efi/fw_platform_size'
const flash = 'usr/share/OVMF/OVMF_VARS_4M.fd'

test('a guest boots by UEFI, from the loader on its disk, and is ready by ssh', async () => {
  assert.is(await said(bits), '64')
  assert.match(pod.log(), /starting Boot[0-9]+ .* from PciRoot/)
})

test('its variables are its own, and those of the image are as they were', async () => {
  const own = await sha256(join(pod.folder, 'run/variables.fd'))
  assert.is.not(own, await sha256(join(runnerRoot(), flash)))
})

test('it comes back by UEFI when it is reset', async () => {
  const last = await boot()
  await pod.control('order', ['reset 1'])
  await pod.until((state) => state.reset === 1)
  await after(last)
  assert.is(await said(bits), '64')
})

test('a snapshot of it boots by UEFI, with variables that know nothing of it', async () => {
  await pod.ssh('echo mine >/root/note; sync')
  const switched = await asOperator<Switched>(pod, 'disk.ts', 'export', 'kept', 'Never')
  assert.ok(switched.switched, JSON.stringify(switched))
  const worker = puller.start('kept')
  assert.is((await worker.ended).outcome.reason, 'Complete', worker.log())
  await asOperator(pod, 'disk.ts', 'release', 'kept')
  assert.is(await said('echo on'), 'on')
  const base = (folder: string) => copyFileSync(join(worker.target, 'disk.qcow2'), join(folder, 'disk.qcow2'))
  child = await startPod({ ...uefi, base })
  // Of the same name, it is the same VM to its guest, which keeps the key that it knows.
  for (const half of ['key', 'key.pub']) copyFileSync(join(pod.folder, half), join(child.folder, half))
  await child.until((state) => state.guest === 'Ready')
  assert.is(await said(`${bits}; cat /root/note`, child), '64\nmine')
})

test('a rescue boots its image by UEFI, and the VM comes back to its own disk', async () => {
  const rescue = (action: string) => asOperator<RescueGraph>(pod, 'rescue.ts', action)
  await rescue('offer')
  const way = await openWayIn(pod)
  const { code, stderr } = await fillRescue(pod, way)
  way.close()
  assert.is(code, 0, stderr)
  const own = await boot()
  await rescue('boot')
  await after(own)
  assert.is(await said(`${bits}; ls /root`), '64')
  assert.ok((await rescue('attach')).hasSecond)
  const rescued = await boot()
  await rescue('end')
  await after(rescued)
  assert.is(await said(`${bits}; cat /root/note`), '64\nmine')
})

test.run()

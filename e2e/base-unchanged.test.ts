import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Lab } from './harness/lab.ts'
import { waitFor } from './harness/wait-for.ts'

const lab = new Lab(test, 'base-unchanged')
const names = ['web1', 'web2', 'web3']

/** All that can be told of the base's content and of its file. */
const base = () => lab.workbench.sh('cd /claims/base; ls -lA --full-time; busybox sha256sum *')

/** What a VM takes on the node's disk beyond the base, in KiB. Throws as long as its overlay is not there. */
const extra = async (name: string) =>
  Number((await lab.inPod(name, 'ls /overlay/disk.qcow2 >/dev/null && du -sk /overlay')).split('\t')[0])

let before = ''

lab.step('three VMs on one base take under 1 MiB of disk each before they write', async () => {
  before = await base()
  await Promise.all(names.map((name) => lab.apply(name)))
  // In the very look that finds it: a guest that is booting writes soon.
  const sizes = await Promise.all(
    names.map((name) => waitFor(`the overlay of ${name}`, 60, () => extra(name))),
  )
  for (const size of sizes) assert.ok(size < 1024, `the overlays take ${sizes} KiB`)
})

lab.step(
  'they run side by side and write to their disks, and the base is what it was, byte for byte',
  async () => {
    await lab.ready(...names)
    const booted = await Promise.all(names.map(extra))
    console.log(`overlays of booted guests take ${booted.join(', ')} KiB`)
    for (const name of names) {
      // All over the disk: the boot partition's sectors and files of the root.
      await lab.sh(
        name,
        'dd if=/dev/urandom of=/dev/vda bs=1M seek=2 count=4 && dd if=/dev/urandom of=/root/x bs=1M count=4 && sync',
      )
    }
    for (const size of await Promise.all(names.map(extra)))
      assert.ok(size > 7 * 1024, `${size} KiB were written`)
    assert.is(await base(), before)
  },
)

lab.step('no VM sees what another wrote', async () => {
  const sums = await Promise.all(names.map((name) => lab.sh(name, 'sha256sum </root/x')))
  assert.is(new Set(sums).size, names.length)
})

lab.step("nothing in a VM's pod can write to the base", async () => {
  const words = await lab.inPod('web1', 'touch /base/x 2>&1; echo x 2>&1 >>/base/disk.qcow2; true')
  assert.is(words.match(/Read-only file system/g)?.length, 2, words)
})

lab.step('after their end the base is what it was', async () => {
  await lab.kubectl('delete', 'ei', '--all', '--timeout=60s')
  await Promise.all(names.map((name) => lab.podGone(name)))
  assert.is(await base(), before)
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Pod, startPod } from './pod.ts'
import { waitFor } from './wait-for.ts'

/** One machine whose own reboots would end it: those that are asked for do not. */
let pod: Pod
test.before(async () => {
  pod = await startPod({ env: { VM_ON_GUEST_REBOOT: 'rebuild', VM_GRACE_SECONDS: '30' } })
  await pod.until((state) => state.guest === 'Ready', 120)
  assert.is((await pod.ssh('echo mine >/root/note')).code, 0)
  await booted(1)
  await pod.ssh('sync')
})
test.after(() => pod?.remove())

const order = async (line: string) => (await pod.control('order', [line])).stdout.trim()
const taken = '{"taken":true}'

/** What of a guest stays over a reboot, and how often it booted. */
async function guest(): Promise<{ note: string; boots: number }> {
  const { stdout } = await pod.ssh('cat /root/note /var/lib/tiny/boots')
  const [note = '', boots = ''] = stdout.split('\n')
  return { note, boots: Number(boots) }
}

/** Waits for the guest to answer after it began anew. */
async function again(what: 'rebooted' | 'reset', number: number, boots: number): Promise<void> {
  await pod.until((state) => state[what] === number && state.guest === 'Ready', 120)
  await booted(boots)
}

/** The guest counts its boots when its agent runs, after its ssh does. */
async function booted(boots: number): Promise<void> {
  const found = await waitFor(
    async () => {
      const now = await guest()
      return now.boots === boots ? now : undefined
    },
    60,
    () => `the guest did not boot ${boots} times\n${pod.log().slice(-2000)}`,
  )
  assert.equal(found, { note: 'mine', boots })
}

test('a reset keeps the disk, and is carried out once, however often it is ordered', async () => {
  assert.is(await order('reset 3'), taken)
  assert.is(await order('reset 3'), taken)
  await again('reset', 3, 2)
  assert.is(await order('reset 2'), taken)
  assert.is((await guest()).boots, 2)
})

test("a reboot goes by the guest's agent", async () => {
  // Synced: where the guest is slow, the grace period ends its reboot.
  const script = '#!/bin/sh\\necho "$*" >/root/how\\nsync\\nexec /sbin/reboot\\n'
  await pod.ssh(`rm /sbin/shutdown; printf '${script}' >/sbin/shutdown; chmod 755 /sbin/shutdown`)
  assert.is(await order('reboot 1'), taken)
  await again('rebooted', 1, 3)
  assert.is(pod.state()?.reset, 3)
  assert.match((await pod.ssh('cat /root/how')).stdout, /-r/)
})

test('without an agent, ctrl-alt-del reboots it', async () => {
  await pod.ssh('killall qemu-ga; sync')
  assert.is(await order('reboot 2'), taken)
  await again('rebooted', 2, 4)
})

test('a guest that is deaf to both is reset when its grace period is over', async () => {
  await pod.ssh('killall qemu-ga; rm /sbin/reboot; sync')
  const began = Date.now()
  assert.is(await order('reboot 3'), taken)
  await again('rebooted', 3, 5)
  assert.ok(Date.now() - began > 29_000)
})

for (const line of ['reset', 'reset -1', 'reset 1; halt', 'quit 9', 'reset 12345678901'])
  test(`"${line}" is no order`, async () => {
    assert.is(await order(line), '{"taken":false}')
  })

test("the guest's own reboot ends the machine, so that a fresh one starts", async () => {
  let isOver = false
  const over = pod.ended.finally(() => {
    isOver = true
  })
  // For some seconds after a reset another one is taken for the second of its BIOS, and a quick guest is back by then.
  await waitFor(
    async () => {
      if (!isOver) await pod.ssh('/bin/reboot -f')
      return isOver || undefined
    },
    120,
    () => pod.log().slice(-2000),
  )
  const end = await over
  assert.equal([end.code, JSON.parse(end.message).reason], [0, 'GuestRebooted'])
})

test.run()

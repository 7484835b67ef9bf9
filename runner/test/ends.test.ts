import { statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { startPod } from './pod.ts'

const ends = [
  {
    name: 'a guest that powers itself off ends well',
    userData: 'poweroff',
    code: 0,
    reason: 'GuestShutdown',
  },
  {
    name: 'a guest whose kernel panics ends badly',
    userData: 'echo 1 >/proc/sys/kernel/sysrq; echo c >/proc/sysrq-trigger',
    code: 1,
    reason: 'GuestPanicked',
  },
]
for (const { name, userData, code, reason } of ends) {
  test(name, async () => {
    const pod = await startPod({ userData: `#!/bin/sh\n${userData}\n` })
    try {
      const end = await pod.ended
      assert.is(end.code, code, pod.log().slice(-2000))
      assert.is(JSON.parse(end.message).reason, reason)
    } finally {
      await pod.remove()
    }
  })
}

test('a QEMU that cannot start ends badly, and its words are in the log', async () => {
  const pod = await startPod({ args: (args) => [...args, '-device', 'no-such-device'] })
  try {
    const end = await pod.ended
    assert.is(end.code, 1)
    assert.is(JSON.parse(end.message).reason, 'QEMUFailed')
    assert.match(pod.log(), /no-such-device/)
  } finally {
    await pod.remove()
  }
})

test('a guest that ignores the power key is ended within the grace period', async () => {
  const timed = async () => {
    const pod = await startPod({
      env: { VM_READINESS: 'none', VM_GRACE_SECONDS: '15' },
      // The firmware asks for a minute what to boot, and hears no key: a guest may be up soon enough to hear one.
      args: (args) => [...args, '-boot', 'menu=on,splash-time=60000'],
    })
    try {
      await pod.until((state) => state.phase === 'Running')
      const began = Date.now()
      pod.terminate()
      const end = await pod.ended
      assert.is(end.code, 0)
      assert.match(end.message, /was cut off/)
      return Date.now() - began
    } finally {
      await pod.remove()
    }
  }
  // A machine with much else to do may miss the end by itself, but not again and again.
  const took = [await timed()]
  while (took.every((ms) => ms >= 15_000) && took.length < 5) took.push(await timed())
  assert.ok(Math.min(...took) < 15_000, `it took ${took} ms`)
})

test('a machine that is paused when it is told to end is not waited for', async () => {
  const pod = await startPod({ env: { VM_READINESS: 'none', VM_GRACE_SECONDS: '600' } })
  try {
    await pod.until((state) => state.phase === 'Running')
    await pod.control('qmp', ['{"execute":"qmp_capabilities"}', '{"execute":"stop"}'])
    await pod.until((state) => state.reason === 'Paused')
    pod.terminate()
    const { code, message } = await pod.ended
    assert.is(code, 0)
    assert.match(message, /stood still and was ended at once/)
  } finally {
    await pod.remove()
  }
})

test('a second machine on the same base costs less than 1 MiB before it writes', async () => {
  // Before the first instruction of its guest.
  const pod = await startPod({ env: { VM_READINESS: 'none' }, args: (args) => [...args, '-S'] })
  try {
    await pod.until((state) => state.phase === 'Running')
    const bytes = ['overlay/disk.qcow2', 'run/seed.img']
      .map((file) => statSync(join(pod.folder, file)).blocks * 512)
      .reduce((sum, size) => sum + size)
    assert.ok(bytes < 1024 ** 2, `${bytes} bytes`)
  } finally {
    await pod.remove()
  }
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { cells } from './harness/kubectl.ts'
import { Lab } from './harness/lab.ts'
import { hostKey } from './harness/ssh.ts'
import { waitFor } from './harness/wait-for.ts'

const lab = new Lab(test, 'known-good')

const identity = async (name: string) => ({
  instance: await lab.sh(name, 'cat /var/lib/tiny/instance-id'),
  host: await hostKey(await lab.address(name)),
})

/** What a user wrote, or `gone`. */
const note = (name: string) => lab.sh(name, 'cat /root/note 2>/dev/null || echo gone')

lab.step('what is written in a VM is there while it runs', async () => {
  await lab.apply('web1')
  await lab.apply('web2')
  await lab.ready('web1', 'web2')
  for (const name of ['web1', 'web2']) {
    await lab.sh(name, 'echo mine > /root/note; sync')
    assert.is(await note(name), 'mine')
  }
})

lab.step('a guest that reboots keeps it, and stays the same VM', async () => {
  const [pod, before] = [await lab.podUid('web2'), await identity('web2')]
  await lab.trySh('web2', 'reboot')
  const boots = () => lab.sh('web2', 'cat /var/lib/tiny/boots')
  await waitFor('the second boot', 120, boots, (count) => count === '2')
  assert.is(await note('web2'), 'mine')
  assert.equal(await identity('web2'), before)
  assert.is(await lab.podUid('web2'), pod)
  const { restarts } = await lab.until('web2', 'to be Ready again', ({ phase }) => phase === 'Ready')
  assert.is(restarts, 0)
})

lab.step('raising rebuildGeneration brings the known-good state back, with another identity', async () => {
  const before = await identity('web1')
  await lab.change('web1', { rebuildGeneration: 1 })
  await lab.ready('web1')
  assert.is(await note('web1'), 'gone')
  const after = await identity('web1')
  assert.is.not(after.instance, before.instance)
  assert.is.not(after.host, before.host)
  const { rebuildGeneration, restarts } = await lab.status('web1')
  assert.equal({ rebuildGeneration, restarts }, { rebuildGeneration: 1, restarts: 0 })
})

lab.step('a guest that powers off comes back known-good, and is counted', async () => {
  await lab.sh('web1', 'echo mine > /root/note; sync')
  await lab.trySh('web1', 'poweroff')
  await lab.restarted('web1', 1)
  assert.is(await note('web1'), 'gone')
  const [head = [], row = []] = cells(await lab.kubectl('get', 'ei', 'web1', '-o', 'wide'))
  assert.is(row[head.indexOf('RESTARTS')], '1')
})

lab.step('the events tell of both', async () => {
  const told = () => lab.kubectl('describe', 'ei', 'web1')
  await waitFor('the event of the restart', 15, told, (text) =>
    /Restarting .*powered off.*fresh VM/.test(text),
  )
  assert.match(await told(), /Normal +Rebuilding /)
})

test.run()

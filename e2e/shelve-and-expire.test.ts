import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ephemeralInstances, snapshots } from '../operator/api/types.ts'
import { client } from './harness/client.ts'
import { Lab } from './harness/lab.ts'
import { hostKey } from './harness/ssh.ts'
import { waitFor } from './harness/wait-for.ts'

/** One guest: shelved, started from its shelf, shelved again by way of an expiry that keeps it. Beside it one that nobody uses. */
const lab = new Lab(test, 'shelve')

const web1 = { namespace: lab.namespace, name: 'web1' }
const keptNames = async () => {
  const { items } = await client.list(snapshots, { namespace: lab.namespace })
  return items.map(({ metadata }) => metadata.name).sort()
}

let key = ''

lab.step('a VM that is shelved leaves no pod, and its disk is kept', async () => {
  await lab.apply('web1')
  await lab.apply('unused', { expiry: { idleSeconds: 60 } })
  await lab.ready('web1')
  key = await hostKey(await lab.address('web1'))
  await lab.sh('web1', 'echo mine > /root/note; sync')
  await lab.change('web1', { powerState: 'Shelved' })
  const { shelved, ip } = await lab.until('web1', 'Shelved', ({ phase }) => phase === 'Shelved', 120)
  await lab.podGone('web1')
  assert.is(ip, undefined)
  assert.equal(await keptNames(), [shelved?.snapshot])
})

lab.step('Running starts it with all that was written, as the same machine', async () => {
  const since = performance.now()
  await lab.change('web1', { powerState: 'Running' })
  await lab.ready('web1')
  console.log(`unshelved to ready in ${Math.round(performance.now() - since)} ms`)
  assert.is(await lab.sh('web1', 'cat /root/note'), 'mine')
  assert.is(await hostKey(await lab.address('web1')), key)
})

lab.step('an instance that expires is kept in a Snapshot, and goes', async () => {
  const before = await keptNames()
  await lab.sh('web1', 'echo more >> /root/note; sync')
  const deadline = new Date(Date.now() + 1000).toISOString()
  await lab.change('web1', { expiry: { deadline }, onExpiry: 'SnapshotThenDelete' })
  await waitFor(
    'the instance to go',
    120,
    () => client.find(ephemeralInstances, web1),
    (found) => found === undefined,
  )
  const [last] = (await keptNames()).filter((name) => !before.includes(name))
  await lab.apply('web2', { boot: { snapshot: last } })
  await lab.ready('web2')
  assert.is(await lab.sh('web2', 'cat /root/note'), 'mine\nmore')
})

lab.step('an instance that nobody used was stopped', async () => {
  const { idle } = await lab.until('unused', 'Expired', ({ phase }) => phase === 'Expired', 300)
  await lab.podGone('unused')
  assert.is(idle?.idleSeconds, 60)
})

test.run()

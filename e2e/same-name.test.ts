import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Lab } from './harness/lab.ts'
import { ssh } from './harness/ssh.ts'

const red = new Lab(test, 'same-name-red')
const blue = new Lab(test, 'same-name-blue')

red.step('two instances of the same name run in two namespaces', async () => {
  await red.apply('web1')
  await blue.apply('web1')
  await Promise.all([red.ready('web1'), blue.ready('web1')])
  assert.is.not(await red.address('web1'), await blue.address('web1'))
})

red.step('each lets in the key of its own spec alone', async () => {
  for (const lab of [red, blue]) assert.is(await lab.sh('web1', 'hostname'), 'web1')
  assert.is((await ssh(red.key, await blue.address('web1'), 'true')).code, 255)
  assert.is((await ssh(blue.key, await red.address('web1'), 'true')).code, 255)
})

red.step('they share neither identity nor network address', async () => {
  const facts = 'cat /var/lib/tiny/instance-id /sys/class/net/eth0/address'
  const [one, other] = [await red.sh('web1', facts), await blue.sh('web1', facts)]
  const [oneId, oneMac] = one.split('\n')
  const [otherId, otherMac] = other.split('\n')
  assert.is.not(oneId, otherId)
  assert.is.not(oneMac, otherMac)
})

red.step('deleting one leaves the other alone', async () => {
  const pod = await blue.podUid('web1')
  await red.kubectl('delete', 'ei', 'web1', '--timeout=60s')
  await red.podGone('web1')
  assert.is(await blue.sh('web1', 'hostname'), 'web1')
  assert.is(await blue.podUid('web1'), pod)
})

test.run()

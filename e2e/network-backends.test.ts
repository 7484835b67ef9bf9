import { isIP, isIPv6 } from 'node:net'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Lab } from './harness/lab.ts'
import { processes, processOf } from './harness/processes.ts'
import { sendOver6 } from './harness/six.ts'
import { ssh } from './harness/ssh.ts'
import { waitFor } from './harness/wait-for.ts'

const lab = new Lab(test, 'network-backends')

const boot = (name: string) => lab.sh(name, 'cat /proc/sys/kernel/random/boot_id')
const guestAddress = (name: string) =>
  lab.sh(name, "ip -4 addr show dev eth0 | awk '/inet/ { print $2 }' | cut -d/ -f1")

lab.step('a VM on passt and one on slirp boot and answer ssh', async () => {
  await lab.apply('passt', { network: { backend: 'Passt' } })
  await lab.apply('slirp', { network: { backend: 'Slirp' } })
  await lab.ready('passt', 'slirp')
  assert.is(await lab.sh('passt', 'hostname'), 'passt')
  assert.is(await lab.sh('slirp', 'hostname'), 'slirp')
})

lab.step("with passt the guest has the pod's own address, with slirp one of its own", async () => {
  assert.is(await guestAddress('passt'), await lab.address('passt'))
  assert.is(await guestAddress('slirp'), '10.0.2.15')
})

lab.step('both reach other pods and names of the cluster, and are reached on the default ports', async () => {
  await lab.workbench.sh('echo hello from a pod > /claims/index.html')
  const neighbour = await lab.workbench.address()
  for (const name of ['passt', 'slirp']) {
    assert.is(await lab.sh(name, `wget -q -O - http://${neighbour}:8080/`), 'hello from a pod')
    assert.match(await lab.sh(name, 'nslookup kubernetes.default.svc.cluster.local'), /Address.*: 10\./)
    const page = lab.workbench.sh(`busybox wget -q -O - http://${await lab.address(name)}/`)
    assert.is(await page, `${name} boots=1\n`)
  }
})

lab.step(
  'over IPv6, with passt, the guest reaches out, and is reached once it has sent something',
  async () => {
    if (!(await sendOver6(lab, 'passt'))) return console.log('skipped: this cluster has no IPv6')
    const neighbour = (await lab.workbench.addresses()).find(isIPv6)
    assert.is(await lab.sh('passt', `wget -q -O - http://[${neighbour}]:8080/`), 'hello from a pod')
    const { ips = [] } = await lab.status('passt')
    assert.equal(
      ips.map(({ ip }) => isIP(ip)),
      [4, 6],
    )
    for (const { ip } of ips) {
      assert.is((await ssh(lab.key, ip, 'hostname')).stdout, 'passt\n')
      const page = `busybox wget -q -O - http://${isIPv6(ip) ? `[${ip}]` : ip}/`
      assert.is(await lab.workbench.sh(page), 'passt boots=1\n')
    }
  },
)

lab.step('passt that is killed comes back, and the guest with it, not restarted', async () => {
  const [pod, before] = [await lab.podUid('passt'), await boot('passt')]
  const killed = await processOf(lab, 'passt', 'passt')
  await lab.inPod('passt', `kill -9 ${killed.pid}`)
  const another = async () => (await processOf(lab, 'passt', 'passt')).pid !== killed.pid
  await waitFor('another passt', 30, another)
  const again = await waitFor(
    'ssh to answer again',
    60,
    () => lab.trySh('passt', 'true'),
    ({ code }) => code === 0,
  )
  assert.is(again.code, 0)
  assert.is(await boot('passt'), before)
  assert.is(await lab.podUid('passt'), pod)
  const { restarts } = await lab.until('passt', 'Ready', ({ phase }) => phase === 'Ready', 30)
  assert.is(restarts, 0)
})

lab.step("slirp's pod has no process for its network", async () => {
  const names = (await processes(lab, 'slirp')).map(({ name }) => name)
  assert.is(
    names.some((name) => name.startsWith('passt')),
    false,
    names.join(', '),
  )
})

test.run()

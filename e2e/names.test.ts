import { isIP, isIPv6 } from 'node:net'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { services } from '../operator/kube/resource.ts'
import { client } from './harness/client.ts'
import { kubectl } from './harness/kubectl.ts'
import { Lab } from './harness/lab.ts'
import { sendOver6 } from './harness/six.ts'
import { waitFor } from './harness/wait-for.ts'

const lab = new Lab(test, 'names')

/** What another pod gets from the guest's web server at this name. */
const fetchFrom = async (name: string, what: RegExp): Promise<string> => {
  const command = `busybox wget -T 5 -q -O - http://${name}/ || true`
  return waitFor(
    `an answer of ${name}`,
    60,
    () => lab.workbench.sh(command),
    (text) => what.test(text),
  )
}

lab.step("another pod reaches the VM by its name, and the VM's own pod knows it", async () => {
  const spec = { ports: [{ name: 'http', port: 80 }], expose: {} }
  const manifest = { ...lab.manifest('web1', spec), metadata: { name: 'web1', labels: { app: 'web' } } }
  await kubectl(['apply', '-n', lab.namespace, '-f', '-'], { input: JSON.stringify(manifest) })
  await lab.ready('web1')
  await sendOver6(lab, 'web1')
  const { hostname = '' } = await lab.status('web1')
  assert.is(hostname, 'web1.instances.e2e-names.svc')
  await fetchFrom(hostname, /^web1 boots=1/)
})

let exposed = ''
lab.step('its own Service and one that selects it by its label lead to the guest', async () => {
  await client.create(services, {
    metadata: { name: 'web', namespace: lab.namespace },
    spec: { selector: { app: 'web' }, ports: [{ port: 8000, targetPort: 'http' as never }] },
  })
  const { service } = await lab.status('web1')
  exposed = service?.addresses[0] ?? ''
  assert.equal([service?.name, service?.type], ['web1-vm', 'ClusterIP'])
  // Not what a fresh VM serves, so that it cannot be taken for one.
  await lab.sh('web1', 'echo the first guest >/var/www/index.html')
  for (const name of [exposed, 'web1-vm', 'web:8000']) await fetchFrom(name, /^the first guest$/m)
})

lab.step('the name leads to the new VM after a rebuild', async () => {
  const before = await lab.status('web1')
  await lab.change('web1', { rebuildGeneration: 1 })
  const isFresh = ({ podUID, phase }: typeof before) => podUID !== before.podUID && phase === 'Ready'
  const after = await lab.until('web1', 'rebuilt', isFresh)
  await sendOver6(lab, 'web1')
  assert.is(after.hostname, before.hostname)
  const found = async () => lab.workbench.sh(`busybox nslookup ${after.hostname}.cluster.local || true`)
  await waitFor('the new address', 60, found, (text) => text.includes(after.ip ?? 'nothing'))
  await fetchFrom(after.hostname ?? '', /^web1 boots=1/)
})

lab.step('so do the Services, whose addresses have stayed', async () => {
  for (const name of [exposed, 'web1-vm', 'web:8000']) await fetchFrom(name, /^web1 boots=1/)
  assert.equal((await lab.status('web1')).service?.addresses[0], exposed)
})

lab.step('name and Service have addresses of both families, and lead to the guest over either', async () => {
  const { ips = [], hostname = '', service } = await lab.status('web1')
  const own = ips.map(({ ip }) => ip)
  if (!own.some(isIPv6)) return console.log('skipped: this cluster has no IPv6')
  const all = [...own, ...(service?.addresses ?? [])]
  assert.equal(all.map(isIP), [4, 6, 4, 6])
  const told = () => lab.workbench.sh(`busybox nslookup ${hostname}.cluster.local || true`)
  await waitFor('both addresses', 60, told, (text) => own.every((ip) => text.includes(`Address: ${ip}\n`)))
  for (const ip of all) await fetchFrom(isIPv6(ip) ? `[${ip}]` : ip, /^web1 boots=1/)
})

test.run()

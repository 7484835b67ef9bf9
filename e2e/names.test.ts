import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Lab } from './harness/lab.ts'
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
  await lab.apply('web1')
  await lab.ready('web1')
  const { hostname = '' } = await lab.status('web1')
  assert.is(hostname, 'web1.instances.e2e-names.svc')
  await fetchFrom(hostname, /^web1 boots=1/)
})

lab.step('the name leads to the new VM after a rebuild', async () => {
  const before = await lab.status('web1')
  await lab.change('web1', { rebuildGeneration: 1 })
  const isFresh = ({ podUID, phase }: typeof before) => podUID !== before.podUID && phase === 'Ready'
  const after = await lab.until('web1', 'rebuilt', isFresh)
  assert.is(after.hostname, before.hostname)
  const found = async () => lab.workbench.sh(`busybox nslookup ${after.hostname}.cluster.local || true`)
  await waitFor('the new address', 60, found, (text) => text.includes(after.ip ?? 'nothing'))
  await fetchFrom(after.hostname ?? '', /^web1 boots=1/)
})

test.run()

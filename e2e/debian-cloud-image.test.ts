import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { findCondition } from '../operator/kube/conditions.ts'
import { Lab } from './harness/lab.ts'
import { waitFor } from './harness/wait-for.ts'

const lab = new Lab(test, 'debian-cloud-image', { guest: 'debian', bootSeconds: 480 })

const sh = (command: string) => lab.sh('web1', command, 'debian')

lab.step('a cloud image boots, and is Ready when the agent in it answers', async () => {
  await lab.apply('web1', {
    resources: { cpus: 2, memory: '512Mi', disk: '3Gi' },
    readiness: { agent: {} },
    userData: '#!/bin/bash\nid -un >/var/lib/ran-by\necho "user-data: running on $(hostname)"\n',
  })
  await lab.ready('web1')
  const { conditions } = await lab.status('web1')
  assert.match(findCondition(conditions, 'GuestReady')?.message ?? '', /agent/)
})

lab.step('ssh lets the default user in, who may become root', async () => {
  const login = () => lab.trySh('web1', 'id -un; sudo id -un; hostname', 'debian')
  const { stdout } = await waitFor('ssh to answer', 300, login, ({ code }) => code === 0)
  assert.is(stdout, 'debian\nroot\nweb1\n')
})

lab.step('cloud-init has done its work, and the user-data script ran as root', async () => {
  // Asking cloud-init itself costs seconds of an emulated CPU each time.
  const read = () => sh('cat /run/cloud-init/result.json')
  const result = await waitFor('the end of cloud-init', 300, read)
  assert.equal(JSON.parse(result).v1.errors, [])
  assert.is(await sh('cat /var/lib/ran-by'), 'root')
  assert.match(await lab.console('web1'), /user-data: running on web1/)
})

lab.step('the root has grown into the disk', async () => {
  const mebibytes = Number(await sh('df -m --output=size / | tail -1'))
  assert.ok(mebibytes > 2700, `the root file system has ${mebibytes} MiB`)
})

lab.step('the guest knows names of the cluster', async () => {
  assert.match(await sh('getent hosts kubernetes.default.svc.cluster.local'), /^10\./)
})

test.run()

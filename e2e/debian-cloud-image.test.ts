import { isIPv6 } from 'node:net'
import { gzipSync } from 'node:zlib'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readPublicKey } from '../operator/api/public-key.ts'
import { baseImages, keyPairs, snapshots } from '../operator/api/types.ts'
import { findCondition } from '../operator/kube/conditions.ts'
import { pods, secrets } from '../operator/kube/resource.ts'
import { client } from './harness/client.ts'
import { kubectl } from './harness/kubectl.ts'
import { Lab } from './harness/lab.ts'
import { hostKey, makeSshKey, ssh } from './harness/ssh.ts'
import { waitFor } from './harness/wait-for.ts'
import { Workbench } from './harness/workbench.ts'

const lab = new Lab(test, 'debian-cloud-image', { guest: 'debian', bootSeconds: 480 })

/** Not the user that the image's own configuration names. */
const user = 'ada'
const sh = (command: string) => lab.sh('web1', command, user)
/** Written into the spec, beside the KeyPair. */
const secondKey = makeSshKey()

/** One user-data of each kind. The workbench serves what is included. */
const partsOf = (workbench: string): Readonly<Record<string, string>> => ({
  'cloud-config': `#cloud-config
write_files:
  - {path: /etc/secret, permissions: "0600", content: rosebud}
`,
  'x-shellscript': `#!/bin/bash
id -un >/var/lib/ran-by
ls /run/sshd.pid /etc/secret >/var/lib/ran-after
echo "user-data: running on $(hostname)"
`,
  jinja2: `## template: jinja
#!/bin/sh
echo {{ ds.meta_data.meta.role }} >/var/lib/role
`,
  'x-include-url': `http://${workbench}:8080/included\n`,
})

/** A size of packets that no guest would come to by itself. */
const networkData = `version: 2
ethernets:
  eth0: {dhcp4: true, mtu: 1380}
`

function multipart(parts: Readonly<Record<string, string>>): string {
  const bodies = Object.entries(parts).map(
    ([type, text]) => `--part\nContent-Type: text/${type}\n\n${text}\n`,
  )
  return `Content-Type: multipart/mixed; boundary="part"\nMIME-Version: 1.0\n\n${bodies.join('')}--part--\n`
}

/** What tells one machine from another. */
async function identity(name: string) {
  const command = 'hostname; cat /etc/machine-id /var/lib/cloud/data/instance-id'
  const [hostname = '', machine = '', instance = ''] = (await lab.sh(name, command, user)).split('\n')
  return { hostname, machine, instance, host: await hostKey(await lab.address(name)) }
}
let ofParent: Awaited<ReturnType<typeof identity>>

lab.step('the key, the image and the user-data are objects of their own', async () => {
  const { namespace, key } = lab
  await client.create(keyPairs, { metadata: { name: 'ada', namespace }, spec: { publicKey: key.publicKey } })
  const source = { claim: { name: 'base' } }
  const image = { source, capacity: '2Gi', defaultUser: user }
  await client.create(baseImages, { metadata: { name: 'debian', namespace }, spec: image as never })

  await lab.workbench.sh("printf '#!/bin/sh\nid -un >/var/lib/included-by\n' >/claims/included")
  const workbench = await client.get(pods, { name: Workbench.podName, namespace })
  const userData = multipart(partsOf(workbench.status?.podIP ?? ''))
  const data = { packed: gzipSync(userData).toString('base64') }
  await client.create(secrets, { metadata: { name: 'user-data', namespace }, data })
})

lab.step('the image is made of the claim', async () => {
  const wait = ['wait', '-n', lab.namespace, '--for=condition=Ready', '--timeout=600s', 'bimg/debian']
  await kubectl(wait, { seconds: 610 })
})

lab.step('a cloud image boots, and is Ready when the agent in it answers', async () => {
  await lab.apply('web1', {
    boot: { image: 'debian' },
    resources: { cpus: 2, memory: '512Mi', disk: '3Gi' },
    readiness: { agent: {} },
    sshAuthorizedKeys: [secondKey.publicKey],
    keyPairs: ['ada'],
    metadata: { role: 'frontend' },
    networkData,
    userDataFrom: { secretKeyRef: { name: 'user-data', key: 'packed' } },
  })
  await lab.ready('web1')
  const { conditions, boot, keyPairs: pinned } = await lab.status('web1')
  assert.match(findCondition(conditions, 'GuestReady')?.message ?? '', /agent/)
  assert.is(boot?.defaultUser, user)
  assert.equal(pinned, [{ name: 'ada', fingerprint: readPublicKey(lab.key.publicKey)?.fingerprint }])
})

lab.step('ssh lets the default user in by the key of the KeyPair, who may become root', async () => {
  const login = () => lab.trySh('web1', 'id -un; sudo -n id -un; hostname', user)
  const { stdout } = await waitFor('ssh to answer', 300, login, ({ code }) => code === 0)
  assert.is(stdout, `${user}\nroot\nweb1\n`)
})

lab.step('the key in the spec lets the same user in', async () => {
  const { code, stdout } = await ssh(secondKey, await lab.address('web1'), 'id -un', user)
  assert.equal([code, stdout], [0, `${user}\n`])
})

lab.step('over IPv6 it answers unasked, at the very address of its pod', async () => {
  const { ips = [] } = await lab.status('web1')
  const address = ips.map(({ ip }) => ip).find(isIPv6)
  if (address === undefined) return console.log('skipped: this cluster has no IPv6')
  const login = () => ssh(lab.key, address, 'hostname; ip -6 -o address show dev eth0', user)
  const { stdout } = await waitFor('ssh to answer', 60, login, ({ code }) => code === 0)
  assert.match(stdout, /^web1\n/)
  assert.ok(stdout.includes(` ${address}/`), `no ${address} in ${stdout}`)
})

lab.step('cloud-init has done its work: each part of the user-data, gzip and include and all', async () => {
  // Asking cloud-init itself costs seconds of an emulated CPU each time.
  const read = () => sh('cat /run/cloud-init/result.json')
  const result = await waitFor('the end of cloud-init', 600, read)
  assert.equal(JSON.parse(result).v1.errors, [])
  assert.is(await sh('cat /var/lib/ran-by /var/lib/included-by /var/lib/role'), 'root\nroot\nfrontend')
  assert.is(await sh('cat /var/lib/ran-after'), '/etc/secret\n/run/sshd.pid')
  assert.match(await lab.console('web1'), /user-data: running on web1/)
  assert.is(await sh('sudo cat /etc/secret; echo; stat -c %a /etc/secret'), 'rosebud\n600')
})

lab.step('what was in the Secret is neither in the log of the pod nor in that of the operator', async () => {
  const operator = await lab.kubectl('logs', '-n', 'ephemera-system', 'deployment/ephemera', '--tail=-1')
  for (const log of [await lab.console('web1'), operator]) assert.not.match(log, /rosebud/)
})

lab.step('the network is as the seed describes it', async () => {
  assert.is(await sh('cat /sys/class/net/eth0/mtu'), '1380')
})

lab.step('the root has grown into the disk', async () => {
  const mebibytes = Number(await sh('df -m --output=size / | tail -1'))
  assert.ok(mebibytes > 2700, `the root file system has ${mebibytes} MiB`)
})

lab.step('the status says what the guest agent tells of the guest', async () => {
  const { guest, ip } = await lab.until('web1', 'what its guest says', ({ guest }) => guest !== undefined, 90)
  assert.match(guest?.os ?? '', /^Debian GNU\/Linux 12/)
  assert.is(guest?.hostname, 'web1')
  assert.is(guest?.kernel, await sh('uname -r'))
  assert.ok(guest?.addresses?.includes(ip ?? ''), JSON.stringify(guest))
  const root = guest?.filesystems?.find(({ mountpoint }) => mountpoint === '/')
  assert.is(root?.type, 'ext4', JSON.stringify(guest))
})

lab.step('the guest knows names of the cluster', async () => {
  assert.match(await sh('getent hosts kubernetes.default.svc.cluster.local'), /^10\./)
})

lab.step('a Snapshot of the running VM is taken, frozen by its agent', async () => {
  ofParent = await identity('web1')
  // No sync: whatever was written is on the disk of a guest that is frozen.
  await sh('echo before >note')
  const { namespace } = lab
  await client.create(snapshots, {
    metadata: { name: 'golden', namespace },
    spec: { instance: 'web1' } as never,
  })
  const wait = ['wait', '-n', namespace, '--for=condition=Ready', '--timeout=600s', 'esnap/golden']
  await kubectl(wait, { seconds: 610 })
  const { status } = await client.get(snapshots, { name: 'golden', namespace })
  assert.is(status?.quiesced, true, JSON.stringify(status))
  await sh('echo after >note')
})

lab.step('a second VM boots it beside the first one, and has what was written until then', async () => {
  await lab.apply('web2', {
    boot: { snapshot: 'golden' },
    resources: { cpus: 2, memory: '512Mi', disk: '3Gi' },
  })
  await lab.ready('web2')
  const login = () => lab.trySh('web2', 'cat note', user)
  const { stdout } = await waitFor('ssh to answer', 300, login, ({ code }) => code === 0)
  assert.is(stdout, 'before\n')
})

lab.step('the second VM has an identity of its own, and the first one has kept its own', async () => {
  const child = await identity('web2')
  assert.equal([ofParent.hostname, child.hostname], ['web1', 'web2'])
  for (const { machine, host } of [ofParent, child]) {
    assert.match(machine, /^[0-9a-f]{32}$/)
    assert.match(host, /^ssh-ed25519 AAAA/)
  }
  for (const what of ['machine', 'instance', 'host'] as const)
    assert.is.not(child[what], ofParent[what], what)
  assert.is(child.instance, `${(await lab.get('web2')).metadata.uid}-0`)
  assert.equal(await identity('web1'), ofParent)
  assert.is(await sh('cat note'), 'after')
  assert.is((await lab.status('web1')).restarts, 0)
})

test.run()

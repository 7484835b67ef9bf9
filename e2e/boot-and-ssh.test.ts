import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { findCondition } from '../operator/kube/conditions.ts'
import { secrets } from '../operator/kube/resource.ts'
import { client } from './harness/client.ts'
import { cells, kubectl, tryKubectl } from './harness/kubectl.ts'
import { Lab } from './harness/lab.ts'
import { run } from './harness/run.ts'
import { makeSshKey, ssh } from './harness/ssh.ts'
import { waitFor } from './harness/wait-for.ts'

const lab = new Lab(test, 'boot-and-ssh')

/** Whether a TCP connection to a port of the VM is taken and answered with something. */
async function answers(port: number): Promise<boolean> {
  const address = await lab.address('web1')
  return (await run('curl', ['-sS', '-m', '5', `http://${address}:${port}/`])).code === 0
}

lab.step('an instance that is applied becomes Ready, and ssh to its address works at once', async () => {
  await lab.apply('web1', { ports: [{ name: 'http', port: 80 }] })
  await lab.ready('web1')
  assert.is(await lab.sh('web1', 'hostname; id -u'), 'web1\n0')
})

lab.step('a key that the spec does not name is not let in', async () => {
  const { code, stderr } = await ssh(makeSshKey(), await lab.address('web1'), 'true')
  assert.is(code, 255)
  assert.match(stderr, /Permission denied/)
})

lab.step('kubectl get ei shows a table that a person understands at once', async () => {
  const [head, row] = cells(await lab.kubectl('get', 'ei'))
  assert.equal(head, ['NAME', 'PHASE', 'READY', 'IP', 'FLAVOR', 'NODE', 'AGE'])
  const { nodeName, ip } = await lab.status('web1')
  assert.equal(row?.slice(0, -1), ['web1', 'Ready', 'True', ip, '1/128Mi/128Mi', nodeName])
})

lab.step('kubectl describe tells the story in events', async () => {
  const told = async () => {
    const description = await lab.kubectl('describe', 'ei', 'web1')
    const table = description.slice(description.indexOf('\nEvents:'))
    return [...table.matchAll(/^ +Normal +(\w+)/gm)].map(([, reason]) => reason)
  }
  const story = ['PodCreated', 'Scheduled', 'QEMUStarted', 'GuestReady']
  await waitFor('the whole story', 15, told, (reasons) => story.every((reason) => reasons.includes(reason)))
  assert.equal(await told(), story)
})

lab.step("kubectl logs shows the guest's console", async () => {
  await waitFor(
    'the last line of the boot on the console',
    30,
    () => lab.console('web1'),
    (text) => /web1: up after \d+/.test(text),
  )
})

lab.step('the status tells the truth about where the VM runs, and how long it took', async () => {
  const [status, pod] = await Promise.all([lab.status('web1'), lab.pod('web1')])
  assert.is(status.ip, pod.status?.podIP)
  assert.equal(status.ips, pod.status?.podIPs)
  assert.is(status.nodeName, pod.spec.nodeName)
  assert.is(status.podUID, pod.metadata.uid)
  // Why not KVM is told wherever it is not.
  assert.is(status.accelerator === 'TCG', (status.acceleratorReason ?? '') !== '', JSON.stringify(status))
  assert.is(status.restarts, 0)
  const { scheduled = -1, qemuStarted = -1, guestReady = -1 } = status.timings ?? {}
  assert.ok(0 <= scheduled && scheduled <= qemuStarted && qemuStarted < guestReady, JSON.stringify(status))
  const started = Date.parse(status.startedAt ?? '') - Date.parse(pod.metadata.creationTimestamp ?? '')
  assert.ok(
    Math.abs(started - qemuStarted) < 30_000,
    `startedAt is ${started} ms after the pod, by the timings ${qemuStarted}`,
  )
})

lab.step('the guest reaches other pods, and names of the cluster', async () => {
  const neighbour = await lab.workbench.address()
  await lab.workbench.sh('echo hello from a pod > /claims/index.html')
  assert.is(await lab.sh('web1', `wget -q -O - http://${neighbour}:8080/`), 'hello from a pod')
  assert.match(await lab.sh('web1', 'nslookup kubernetes.default.svc.cluster.local'), /Address.*: 10\./)
})

lab.step('the guest is reached on a declared port, from a pod too', async () => {
  const address = await lab.address('web1')
  const page = () => run('curl', ['-sS', '-m', '5', `http://${address}/`])
  const { stdout } = await waitFor('the page of the guest', 15, page, ({ code }) => code === 0)
  assert.is(stdout, 'web1 boots=1\n')
  assert.is(await lab.workbench.sh(`busybox wget -q -O - http://${address}/`), 'web1 boots=1\n')
})

lab.step('ports that are not declared, and those that are reserved, do not lead to the guest', async () => {
  await lab.sh('web1', 'httpd -p 81 -h /var/www; httpd -p 10777 -h /var/www; httpd -p 10780 -h /var/www')
  for (const port of [81, 10777, 10780]) {
    assert.match(await lab.sh('web1', `wget -q -O - http://127.0.0.1:${port}/`), /web1/)
    assert.is(await answers(port), false, `port ${port}`)
  }
  assert.is(await answers(80), true)
})

lab.step('the namespace admits nothing but restricted pods', async () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'root', namespace: lab.namespace },
    spec: { containers: [{ name: 'root', image: 'x', securityContext: { privileged: true } }] },
  }
  const { code, stderr } = await tryKubectl(['apply', '-f', '-'], { input: JSON.stringify(pod) })
  assert.is(code, 1)
  assert.match(stderr, /violates PodSecurity "restricted/)
})

lab.step('the pod has no token and nothing of the node', async () => {
  const pod = await lab.pod('web1')
  assert.is(pod.spec.automountServiceAccountToken, false)
  assert.is((await lab.inPod('web1', 'ls /var/run/secrets 2>/dev/null || echo none')).trim(), 'none')
  const kinds = (pod.spec.volumes ?? [])
    .flatMap((volume) => Object.keys(volume))
    .filter((key) => key !== 'name')
  assert.equal([...new Set(kinds)].sort(), ['emptyDir', 'persistentVolumeClaim', 'secret'])
  assert.is(await lab.inPod('web1', 'id -u; touch /x 2>/dev/null || echo read-only'), '1000\nread-only\n')
})

lab.step(
  'memory and disk of the pod are accounted for, and what a snapshot may take for a while',
  async () => {
    const { spec } = await lab.pod('web1')
    const { requests = {}, limits = {} } = spec.containers[0]?.resources ?? {}
    for (const resource of ['memory', 'ephemeral-storage']) {
      assert.ok(limits[resource] !== undefined, resource)
      assert.ok(Number(requests[resource]) < Number(limits[resource]), resource)
    }
    assert.ok(Number(requests.memory) > 128 * 1024 ** 2)
    assert.ok(Number(requests['ephemeral-storage']) > 128 * 1024 ** 2)
    // The second name is that of the first version of control groups.
    const enforced = await lab.inPod(
      'web1',
      'cd /sys/fs/cgroup; cat memory.max 2>/dev/null || cat memory/memory.limit_in_bytes',
    )
    assert.is(enforced.trim(), limits.memory)
  },
)

/** What the one node with a device plugin, or all of them, say of KVM. */
async function devicesOfNodes(): Promise<number[]> {
  const path = '{range .items[*]}{.status.allocatable.ephemera\\.dev/kvm}{"\\n"}{end}'
  const amounts = await lab.kubectl('get', 'nodes', '-o', `jsonpath=${path}`)
  return amounts
    .split('\n')
    .filter((amount) => amount !== '')
    .map(Number)
}

lab.step(
  'the device plugin offers KVM on a node only if a guest ran there, and its log says why not',
  async () => {
    const log = () =>
      kubectl([
        ...['logs', '--namespace', 'kube-system', '--selector', 'app.kubernetes.io/component=kvm-plugin'],
        '--tail=-1',
      ])
    const told = (text: string) =>
      text
        .split('\n')
        .filter((line) => /"KVM is (not )?offered"/.test(line))
        .map((line) => JSON.parse(line) as { msg: string; devices: number; why: string })
        .filter(({ why }) => !why.startsWith('The probe has not said'))
    const text = await waitFor('the word of a probe', 120, log, (text) => told(text).length > 0)
    const offered = (await devicesOfNodes()).some((devices) => devices > 0)
    assert.is(
      told(text).some(({ devices }) => devices > 0),
      offered,
      text,
    )
    if (!offered)
      assert.match(told(text)[0]?.why ?? '', /there is no|may not open|did not get through|QEMU ended/)
  },
)

lab.step('a VM that wants KVM waits where there is none, and says what can be done', async () => {
  if ((await devicesOfNodes()).some((devices) => devices > 0)) return
  await lab.apply('wants-kvm', { accelerator: 'KVM' })
  const status = await lab.until(
    'wants-kvm',
    'the words of the scheduler',
    ({ conditions }) => findCondition(conditions, 'Scheduled')?.reason === 'Unschedulable',
  )
  const message = findCondition(status.conditions, 'Scheduled')?.message ?? ''
  assert.match(message, /Insufficient ephemera\.dev\/kvm.*set spec\.accelerator to TCG/)
  assert.match((await lab.status('web1')).acceleratorReason ?? '', /No node offered ephemera\.dev\/kvm/)
  await lab.kubectl('delete', 'ei', 'wants-kvm', '--timeout=60s')
})

lab.step('deleting the instance powers the guest down and takes pod and Secret along', async () => {
  const following = run('kubectl', ['logs', '-n', lab.namespace, '--follow', 'web1-vm'])
  await lab.kubectl('delete', 'ei', 'web1', '--timeout=60s')
  await lab.podGone('web1')
  assert.match((await following).stdout, /vm: Terminated: the guest powered off/i)
  const secret = () => client.find(secrets, { namespace: lab.namespace, name: 'web1-vm' })
  await waitFor('the Secret to go', 30, secret, (found) => found === undefined)
})

test.run()

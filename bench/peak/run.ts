/**
 * How much memory VM pods need at most beyond their guests', under loads of all kinds: the figures behind
 * operator/instance/desired/memory.ts. Prints a table.
 *
 *   hack/cluster/in node bench/peak/run.ts [--sizes MIBxCPUS,...] [--loads NAME,...]
 *
 * Default: 128x1,128x2,512x1,512x2, and all loads.
 *
 * Needs gcc, and root on the machine that the nodes run on.
 */
import { parseArgs } from 'node:util'
import { client } from '../../e2e/harness/client.ts'
import { deleteNamespace } from '../../e2e/harness/namespace.ts'
import { makeSshKey } from '../../e2e/harness/ssh.ts'
import { Workbench } from '../../e2e/harness/workbench.ts'
import { childName } from '../../operator/instance/children.ts'
import { pods, secrets } from '../../operator/kube/resource.ts'
import { byOperator } from '../boot/contenders.ts'
import { type Guest, instanceIn, makeGround } from '../boot/ground.ts'
import { toSsh } from '../boot/launch.ts'
import { loads, serve, type Target } from './loads.ts'
import { peakDuring } from './watch.ts'

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '128x1,128x2,512x1,512x2' },
    loads: { type: 'string' },
  },
})
const namespace = 'bench-peak'
const wanted = loads.filter(({ name }) => values.loads?.split(',').includes(name) ?? true)
const key = makeSshKey()
const instance = instanceIn(namespace, key)

async function measure(guest: Guest, neighbour: string): Promise<void> {
  const name = `vm-${guest.memoryBytes / 1024 ** 2}-${guest.cpus}`
  const contender = byOperator(instance(name, guest))
  const launched = await contender.launch()
  await toSsh(launched)
  const target: Target = {
    guest,
    address: launched.pod.status?.podIP ?? '',
    key,
    controlKey: await controlKeyOf(name),
    neighbour,
  }
  for (const load of wanted) {
    const peak = await peakDuring(launched.uid, guest.memoryBytes, () => load.run(target))
    const figures = [peak.overhead, peak.held].map((figure) => figure.toFixed(1).padStart(7))
    console.log(`${name.padEnd(12)} ${load.name.padEnd(12)} ${figures.join(' ')}`)
  }
  await contender.remove()
}

async function controlKeyOf(name: string): Promise<string> {
  const { data } = await client.get(secrets, { namespace, name: childName(name) })
  const line = Buffer.from(data?.psk ?? '', 'base64').toString()
  return line.trim().split(':')[1] ?? ''
}

try {
  await serve(await makeGround(namespace))
  const { status } = await client.get(pods, { namespace, name: Workbench.podName })
  console.log('MiB at the peak: beyond the guest, all in all')
  for (const size of values.sizes.split(',')) {
    const [mebibytes = 0, cpus = 1] = size.split('x').map(Number)
    await measure({ cpus, memoryBytes: mebibytes * 1024 ** 2, diskBytes: 1024 ** 3 }, status?.podIP ?? '')
  }
} finally {
  await deleteNamespace(namespace)
  await client.close()
}

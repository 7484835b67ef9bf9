/**
 * Plays a part of the cluster against the API server of $KUBECONFIG, as a process of its own, until its standard input
 * ends. Prints a line when its caches are filled.
 *
 *   node bench/control/played.ts nodes|collector
 */

import { FakeGarbageCollector } from '../../operator/instance/testing/garbage-collector.ts'
import { FakeKubelet } from '../../operator/instance/testing/kubelet.ts'
import { KubeClient } from '../../operator/kube/client.ts'
import { loadConnection } from '../../operator/kube/kubeconfig.ts'

const client = new KubeClient({ connection: loadConnection(), userAgent: 'played', connections: 16 })
const parts = {
  // The writes of a real node: the binding, the start of QEMU, and the guest's answer a second later.
  nodes: () =>
    new FakeKubelet({
      client,
      nodes: 100,
      workers: 16,
      steps: ['bound', 'started', 'ready'],
      bootSeconds: 1,
    }),
  collector: () => new FakeGarbageCollector({ client }),
}
const name = process.argv[2] ?? ''
if (name !== 'nodes' && name !== 'collector') {
  console.error('usage: node bench/control/played.ts nodes|collector')
  process.exit(2)
}
const stop = new AbortController()
process.stdin.on('end', () => stop.abort()).resume()
const part = parts[name]()
const running = part.run(stop.signal)
await part.synced()
console.log('ready')
await running
await client.close()

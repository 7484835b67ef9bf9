import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { freePorts } from '../hack/apiserver/ports.ts'
import { kubeconfigFor } from '../hack/apiserver/start.ts'
import type { Lease } from './kube/object.ts'
import { FakeApiServer } from './kube/testing/fake-apiserver.ts'
import { loopbackTls } from './kube/testing/loopback-tls.ts'
import { until } from './kube/testing/until.ts'

test('bundled as in its image, the operator leads through its lease thread, and gives the lead up when told to stop', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'ephemera-bundle-'))
  execFileSync(join(import.meta.dirname, '../hack/images/operator.d/bundle'), [join(directory, 'app')])
  const server = new FakeApiServer(loopbackTls)
  const kubeconfig = join(directory, 'kubeconfig')
  writeFileSync(kubeconfig, kubeconfigFor(await server.listen(), 't', loopbackTls.cert))
  const [health, metrics] = await freePorts(2)
  const flags = ['--runner-image=r', `--health-port=${health}`, `--metrics-port=${metrics}`]
  const operator = spawn(process.execPath, [join(directory, 'app/main.js'), ...flags], {
    env: { ...process.env, KUBECONFIG: kubeconfig },
  })
  let output = ''
  for (const stream of [operator.stdout, operator.stderr]) stream.on('data', (chunk) => (output += chunk))
  const exited = new Promise((resolve) => operator.on('exit', resolve))
  const holder = () => {
    const lease = server.world.get(
      '/apis/coordination.k8s.io/v1/leases',
      'ephemera-system',
      'ephemera-operator',
    )
    return (lease as Lease | undefined)?.spec?.holderIdentity
  }
  try {
    await until('it works', () => output.includes('Workers start') || operator.exitCode !== null, 120)
    assert.ok(holder(), output)
    operator.kill('SIGTERM')
    assert.is(await exited, 0, output)
    assert.is(holder(), '')
  } finally {
    operator.kill('SIGKILL')
    await server.close()
    rmSync(directory, { recursive: true })
  }
})

test.run()

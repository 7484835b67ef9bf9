import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mock } from 'node:test'
import { KubeConfig } from '@kubernetes/client-node'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { KubeconfigConnection, loadConnection } from './kubeconfig.ts'

const directory = mkdtempSync(join(tmpdir(), 'ephemera-kubeconfig-'))
test.after(() => rmSync(directory, { recursive: true }))

const base64 = (text: string) => Buffer.from(text).toString('base64')

function kubeconfig(user: object, cluster: object = {}): string {
  const path = join(directory, 'config')
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'here',
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u', namespace: 'lab' } }],
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:6443/prefix', ...cluster } }],
    users: [{ name: 'u', user }],
  }
  writeFileSync(path, JSON.stringify(config))
  return path
}

test('a kubeconfig gives the server, the namespace, the token and the authority', async () => {
  const file = kubeconfig({ token: 't' }, { 'certificate-authority-data': base64('CA') })
  const connection = loadConnection({ file })
  assert.is(connection.server, 'https://127.0.0.1:6443/prefix')
  assert.is(connection.namespace, 'lab')
  const { headers, tls } = await connection.credentials()
  assert.is(headers.Authorization, 'Bearer t')
  assert.is(String(tls.ca), 'CA')
  assert.is(tls.rejectUnauthorized, undefined)
})

test('a client certificate is used', async () => {
  const user = { 'client-certificate-data': base64('CERT'), 'client-key-data': base64('KEY') }
  const { tls } = await loadConnection({ file: kubeconfig(user) }).credentials()
  assert.equal([String(tls.cert), String(tls.key)], ['CERT', 'KEY'])
})

test('a user with a password is one of basic authentication', async () => {
  const file = kubeconfig({ username: 'ann', password: 'secret' })
  const { headers } = await loadConnection({ file }).credentials()
  assert.is(headers.Authorization, `Basic ${base64('ann:secret')}`)
})

test('what a kubeconfig lacks is said plainly', () => {
  assert.throws(() => loadConnection({ file: kubeconfig({}), context: 'nowhere' }), /choose one with kubectl/)
  const proxied = kubeconfig({}, { 'proxy-url': 'socks5://localhost:1080' })
  assert.throws(() => loadConnection({ file: proxied }), /proxy-url, which is not supported/)
})

test("in a pod, the service account's token is used, and both it and its authority are read anew as they are rotated", async () => {
  const account = join(directory, 'var/run/secrets/kubernetes.io/serviceaccount')
  mkdirSync(account, { recursive: true })
  const write = (name: string, text: string) => writeFileSync(join(account, name), text)
  write('token', 't1')
  write('ca.crt', 'CA1')
  write('namespace', 'ephemera-system')
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env
  process.env.KUBERNETES_SERVICE_HOST = '10.96.0.1'
  process.env.KUBERNETES_SERVICE_PORT = '443'
  const config = new KubeConfig()
  config.loadFromCluster(directory)
  Object.assign(process.env, { KUBERNETES_SERVICE_HOST: host ?? '', KUBERNETES_SERVICE_PORT: port ?? '' })
  const connection = new KubeconfigConnection(config)
  assert.is(connection.server, 'https://10.96.0.1:443')
  assert.is(connection.namespace, 'ephemera-system')
  const first = await connection.credentials()
  assert.is(first.headers.Authorization, 'Bearer t1')
  assert.is(String(first.tls.ca), 'CA1')
  write('ca.crt', 'CA2')
  assert.is(String((await connection.credentials()).tls.ca), 'CA2')
  // A token is read again after a minute; the kubelet puts a new one there long before the old one ends.
  write('token', 't2')
  mock.timers.enable({ apis: ['Date'], now: Date.now() + 61_000 })
  const second = await connection.credentials()
  mock.timers.reset()
  assert.is(second.headers.Authorization, 'Bearer t2')
})

test.run()

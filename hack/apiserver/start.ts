import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePorts } from './ports.ts'

/** A real API server on loopback, without nodes and without controllers: nothing runs pods, nothing collects garbage. */
export type ApiServer = Readonly<{
  url: string
  /** Token of a user in system:masters. */
  token: string
  /** PEM of the certificate authority. */
  ca: string
  /** Path of a kubeconfig for that user. */
  kubeconfig: string
  /** Kills the API server; etcd keeps everything. Resolves when nobody answers any more. */
  down: () => Promise<void>
  /** Starts it again. Resolves when it is ready. */
  up: () => Promise<void>
  stop: () => Promise<void>
}>

/** Milliseconds until a start is given up; a busy machine of two cores needs some 15 s. */
const patience = 120_000

/**
 * Starts etcd and kube-apiserver; they end with `stop()`, or with this process, however it ends.
 *
 * @param flags more of the API server's
 */
export async function startApiServer(flags: readonly string[] = []): Promise<ApiServer> {
  const directory = mkdtempSync(join(tmpdir(), 'ephemera-apiserver-'))
  const token = randomBytes(16).toString('hex')
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  mkdirSync(join(directory, 'tls'))
  writeFileSync(join(directory, 'service-account.key'), privateKey.export({ type: 'pkcs1', format: 'pem' }))
  writeFileSync(join(directory, 'tokens.csv'), `${token},admin,admin,"system:masters"\n`)

  const [etcd, peer, port] = await freePorts(3)
  const child = spawn(
    join(import.meta.dirname, 'serve'),
    [directory, String(etcd), String(peer), String(port), ...flags],
    { stdio: ['pipe', 'ignore', 'inherit'] },
  )
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()))
  const stop = async () => {
    child.stdin?.end()
    await ended
  }
  const url = `https://127.0.0.1:${port}`
  try {
    const ca = await untilReady(child, directory, url, token)
    const kubeconfig = join(directory, 'kubeconfig')
    writeFileSync(kubeconfig, kubeconfigFor(url, token, ca))
    const down = async () => {
      child.stdin?.write('down\n')
      while (await ok(`${url}/livez`, token, ca)) await delay(50)
    }
    const up = async () => {
      child.stdin?.write('up\n')
      await untilReady(child, directory, url, token)
    }
    return { url, token, ca, kubeconfig, down, up, stop }
  } catch (error) {
    const log = read(join(directory, 'apiserver.log')).split('\n').slice(-20).join('\n')
    await stop()
    throw new Error(`the API server did not get ready: ${error}\n${log}`)
  }
}

/** Waits for the certificate, for /readyz, and for the default namespace, which comes a moment later. Gives the CA. */
async function untilReady(
  child: ChildProcess,
  directory: string,
  url: string,
  token: string,
): Promise<string> {
  const deadline = Date.now() + patience
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`it ended with code ${child.exitCode}`)
    const ca = read(join(directory, 'tls/apiserver.crt'))
    if (
      ca !== '' &&
      (await ok(`${url}/readyz`, token, ca)) &&
      (await ok(`${url}/api/v1/namespaces/default`, token, ca))
    ) {
      return ca
    }
    await delay(50)
  }
  throw new Error(`no answer within ${patience / 1000} s`)
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function ok(url: string, token: string, ca: string): Promise<boolean> {
  return new Promise((resolve) => {
    request(
      url,
      { ca, headers: { authorization: `Bearer ${token}` }, agent: false, timeout: 5000 },
      (response) => {
        response.resume()
        resolve(response.statusCode === 200)
      },
    )
      .on('error', () => resolve(false))
      .end()
  })
}

/** A kubeconfig for one user of one server. */
export function kubeconfigFor(url: string, token: string, ca: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [
      {
        name: 'test',
        cluster: { server: url, 'certificate-authority-data': Buffer.from(ca).toString('base64') },
      },
    ],
    users: [{ name: 'admin', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin' } }],
  })
}

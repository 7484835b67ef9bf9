import type { RequestOptions } from 'node:https'
import { KubeConfig } from '@kubernetes/client-node'
import type { Connection, Credentials, TlsMaterial } from './connection.ts'

/**
 * The connection that a kubeconfig describes, or the pod's service account. Tokens, exec plugins, OIDC and
 * certificates are client-node's business: it is asked before each request, and reads files anew as they are rotated.
 */
export class KubeconfigConnection implements Connection {
  readonly server: string
  readonly namespace: string
  readonly #config: KubeConfig

  constructor(config: KubeConfig) {
    const cluster = config.getCurrentCluster()
    if (cluster === null || cluster === undefined)
      throw new Error('the kubeconfig has no current context: choose one with kubectl config use-context')
    if (cluster.proxyUrl !== undefined)
      throw new Error(
        `the cluster "${cluster.name}" of the kubeconfig has a proxy-url, which is not supported`,
      )
    this.#config = config
    this.server = cluster.server
    this.namespace = config.getContextObject(config.getCurrentContext())?.namespace ?? 'default'
  }

  async credentials(): Promise<Credentials> {
    const options: RequestOptions = {}
    await this.#config.applyToHTTPSOptions(options)
    const { ca, cert, key, servername, rejectUnauthorized, auth } = options
    return {
      headers: {
        ...plainHeaders(options.headers),
        ...(typeof auth === 'string'
          ? { Authorization: `Basic ${Buffer.from(auth).toString('base64')}` }
          : {}),
      },
      tls: {
        ...material({ ca, cert, key }),
        ...(servername === undefined ? {} : { servername }),
        ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
      },
    }
  }
}

/**
 * In this order: the file given, `$KUBECONFIG`, `~/.kube/config`, the pod's service account.
 * @param context another context than the current one of the file
 */
export function loadConnection(options: { file?: string; context?: string } = {}): KubeconfigConnection {
  const config = new KubeConfig()
  if (options.file === undefined) config.loadFromDefault()
  else config.loadFromFile(options.file)
  if (options.context !== undefined) config.setCurrentContext(options.context)
  return new KubeconfigConnection(config)
}

const plainHeaders = (headers: RequestOptions['headers']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers ?? {}).flatMap(([name, value]) =>
      value === undefined || value === null ? [] : [[name, String(value)]],
    ),
  )

function material(options: Readonly<Record<string, unknown>>): TlsMaterial {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => typeof value === 'string' || Buffer.isBuffer(value)),
  )
}

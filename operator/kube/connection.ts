/** What a TLS connection to the API server is made with. Absent parts take Node's defaults. */
export type TlsMaterial = Readonly<{
  ca?: string | Buffer
  cert?: string | Buffer
  key?: string | Buffer
  /** The name to verify instead of the URL's host. */
  servername?: string
  /** Only for a kubeconfig that says `insecure-skip-tls-verify`. */
  rejectUnauthorized?: boolean
}>

export type Credentials = Readonly<{ headers: Readonly<Record<string, string>>; tls: TlsMaterial }>

/**
 * Where the API server is and how to speak to it. Asked anew for each request, since tokens and certificates are
 * rotated while the process runs.
 */
export interface Connection {
  /** `https://host:port`, with a path where the API server lives behind one. */
  readonly server: string
  /** The namespace of the kubeconfig's context or of the pod. */
  readonly namespace: string
  credentials(): Promise<Credentials>
}

/** A connection that never changes: for tests and for servers on loopback. */
export function fixedConnection(
  server: string,
  credentials: Partial<Credentials> = {},
  namespace = 'default',
): Connection {
  const fixed: Credentials = { headers: credentials.headers ?? {}, tls: credentials.tls ?? {} }
  return { server, namespace, credentials: () => Promise.resolve(fixed) }
}

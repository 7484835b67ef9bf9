import { execFileSync } from 'node:child_process'
import { createPrivateKey, randomBytes, sign } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Lab, peerAddress } from './lab.ts'
import { type Curl, pushImage } from './push.ts'
import { waitFor } from './wait-for.ts'

/** How a registry lets people in: anybody, HTTP basic, or tokens from a server of their own. */
export type Door = 'open' | 'basic' | 'token'

export type Registry = Readonly<{
  /** HOST:PORT, as in an image's name. */
  host: string
  /** Stores an image; gives the digest of its manifest or index. Only through an open door. */
  push: (name: string, layers: readonly Buffer[], platforms?: readonly string[]) => Promise<string>
  /** Where the blob with this digest is stored. */
  blob: (digest: string) => string
  stop: () => Promise<void>
}>

/** What both other doors ask for. */
export const login = { user: 'reader', password: 'pa:ss word' }

/** Starts a real registry server over plain HTTP among the pod's peers. Registries of one `storage` hold the same images. */
export async function startRegistry(lab: Lab, storage: string, door: Door, port: number): Promise<Registry> {
  const program = execFileSync(join(import.meta.dirname, 'registry'), {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  }).trim()
  const folder = lab.fresh()
  const config = join(folder, 'config.yml')
  writeFileSync(
    config,
    [
      'version: 0.1',
      'log: {level: error}',
      `storage: {filesystem: {rootdirectory: ${storage}}}`,
      `http: {addr: "${peerAddress}:${port}", secret: x}`,
      ...auth(door, folder, port + 1),
    ].join('\n'),
  )
  const server = lab.spawn('peer', program, 'serve', config)
  let words = ''
  server.stderr?.on('data', (chunk) => {
    words += chunk
  })
  const host = `${peerAddress}:${port}`
  const curl: Curl = async (args, body) => {
    const file = join(folder, randomBytes(4).toString('hex'))
    if (body !== undefined) writeFileSync(file, body)
    const data = body === undefined ? [] : ['--data-binary', `@${file}`]
    const done = await lab.inPeer('curl', '-sS', '-f', '-m', '300', ...data, ...args)
    if (done.code !== 0) throw new Error(`${args.join(' ')}: ${done.stderr}`)
    return done.stdout
  }
  await waitFor(
    async () =>
      (await lab.inPeer('curl', '-s', '-o', '/dev/null', `http://${host}/v2/`)).code === 0 ? true : undefined,
    15,
    () => `the registry does not listen: ${words}`,
  )
  if (door === 'token') {
    lab.spawn(
      'peer',
      process.execPath,
      join(import.meta.dirname, 'token-server.ts'),
      folder,
      peerAddress,
      String(port + 1),
    )
    await waitFor(
      async () =>
        (await lab.inPeer('curl', '-s', '-o', '/dev/null', `http://${peerAddress}:${port + 1}/`)).code === 0
          ? true
          : undefined,
      10,
      () => 'the token server does not listen',
    )
  }

  return {
    host,
    push: (name, layers, platforms) => pushImage(host, curl, name, layers, platforms),
    blob: (digest) => {
      const hex = digest.slice('sha256:'.length)
      return join(storage, 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data')
    },
    stop: async () => {
      const gone = new Promise((resolve) => server.once('close', resolve))
      server.kill('SIGKILL')
      await gone
    },
  }
}

function auth(door: Door, folder: string, tokenPort: number): readonly string[] {
  if (door === 'open') return []
  if (door === 'basic') {
    // bcrypt, by the C library.
    const hashed = ['-e', 'print crypt($ARGV[0], q($2y$05$abcdefghijklmnopqrstuu))', login.password]
    const line = `${login.user}:${execFileSync('perl', hashed, { encoding: 'utf8' })}`
    writeFileSync(join(folder, 'htpasswd'), line)
    return [`auth: {htpasswd: {realm: test, path: ${join(folder, 'htpasswd')}}}`]
  }
  mkdirSync(join(folder, 'keys'))
  const key = join(folder, 'keys', 'key.pem')
  const certificate = join(folder, 'keys', 'certificate.pem')
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-subj',
      '/CN=tokens',
      '-keyout',
      key,
      '-out',
      certificate,
    ],
    { stdio: 'ignore' },
  )
  return [
    `auth: {token: {realm: "http://${peerAddress}:${tokenPort}/token", service: registry, issuer: tokens, rootcertbundle: ${certificate}}}`,
  ]
}

/** A token that lets its holder pull `repository`, as the registry's documentation describes it. */
export function pullToken(folder: string, repository: string): string {
  const pem = readFileSync(join(folder, 'keys', 'certificate.pem'), 'utf8')
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const now = Math.floor(Date.now() / 1000)
  const header = part({ typ: 'JWT', alg: 'ES256', x5c: [pem.replace(/-----[^-]+-----|\s/g, '')] })
  const claims = part({
    iss: 'tokens',
    sub: login.user,
    aud: 'registry',
    exp: now + 300,
    nbf: now - 10,
    iat: now - 10,
    jti: '1',
    access: [{ type: 'repository', name: repository, actions: ['pull'] }],
  })
  const key = createPrivateKey(readFileSync(join(folder, 'keys', 'key.pem')))
  const signature = sign('sha256', Buffer.from(`${header}.${claims}`), { key, dsaEncoding: 'ieee-p1363' })
  return `${header}.${claims}.${signature.toString('base64url')}`
}

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installCrds } from '../../hack/apiserver/connect.ts'
import { kubectl } from '../../hack/apiserver/kubectl.ts'
import { type ApiServer, startApiServer } from '../../hack/apiserver/start.ts'
import { chart, helm } from '../../hack/charts/helm.ts'
import { OperatorProcess } from '../../operator/instance/testing/operator-process.ts'
import { KubeClient } from '../../operator/kube/client.ts'
import { fixedConnection } from '../../operator/kube/connection.ts'
import { namespaces, persistentVolumeClaims } from '../../operator/kube/resource.ts'
import { AuditLog, auditPolicy, type Call } from './audit.ts'
import { Observer } from './observer.ts'
import { type Player, play } from './player.ts'
import { descendants } from './usage.ts'

/** Where the operator lives. */
const home = 'ephemera-system'
/** Where the instances live. */
export const field = 'bench'

/** As in the entry point of the operator's image. */
const heapFlags = ['--max-semi-space-size=4', '--heap-growing-percent=30']

const root = join(import.meta.dirname, '../..')

/** A cluster whose nodes are played, with the chart installed, and nobody at work yet. */
export class Ground {
  readonly client: KubeClient
  readonly server: ApiServer
  readonly nodes: Player
  readonly #directory: string
  readonly #audit: AuditLog
  readonly #token: string
  readonly #operators = new Set<OperatorProcess>()
  #observer: Observer | undefined

  private constructor(
    server: ApiServer,
    client: KubeClient,
    nodes: Player,
    token: string,
    directory: string,
  ) {
    this.server = server
    this.client = client
    this.nodes = nodes
    this.#token = token
    this.#directory = directory
    this.#audit = new AuditLog(join(directory, 'audit.log'))
  }

  static async make(): Promise<Ground> {
    const directory = mkdtempSync(join(tmpdir(), 'ephemera-bench-'))
    const policy = join(directory, 'policy.json')
    writeFileSync(policy, auditPolicy(`system:serviceaccount:${home}:ephemera`))
    writeFileSync(join(directory, 'audit.log'), '')
    const server = await startApiServer([
      `--audit-policy-file=${policy}`,
      `--audit-log-path=${join(directory, 'audit.log')}`,
      '--audit-log-maxsize=4000',
    ])
    const connection = fixedConnection(server.url, {
      headers: { authorization: `Bearer ${server.token}` },
      tls: { ca: server.ca },
    })
    const client = new KubeClient({ connection, connections: 32, timeoutMs: 120_000 })
    await installCrds(client)
    for (const name of [home, field]) await client.create(namespaces, { metadata: { name } })
    await helm(['install', 'ephemera', chart, '--namespace', home, '--set', 'crds.enabled=false'], server)
    await client.create(persistentVolumeClaims, {
      metadata: { name: 'tiny', namespace: field },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    })
    const token = (await kubectl(server, 'create', 'token', 'ephemera', '--namespace', home)).trim()
    const nodes = await play('nodes', server)
    return new Ground(server, client, nodes, token, directory)
  }

  async observe(): Promise<Observer> {
    this.#observer ??= await Observer.start(this.client, field)
    return this.#observer
  }

  /** The operator as its image runs it, with the account that the chart gives it; its caches are filled. */
  async operator(nodeFlags: readonly string[] = []): Promise<OperatorProcess> {
    const own = { ...this.server, token: this.#token }
    const program = [...heapFlags, ...nodeFlags, join(bundle(), 'main.js')]
    const operator = await OperatorProcess.start(own, own, [`--namespace=${home}`], program)
    this.#operators.add(operator)
    void operator.exited.then(() => this.#operators.delete(operator))
    return operator
  }

  /** What the operator asked of the API server since the last time, by the API server's account. */
  calls(): Call[] {
    return this.#audit.read()
  }

  /** The processes that share the machine, but for the operator. */
  pids(): Readonly<{ etcd: number; apiserver: number; nodes: number; bench: number }> {
    const found = descendants(process.pid)
    return {
      etcd: found.get('etcd') ?? 0,
      apiserver: found.get('kube-apiserver') ?? 0,
      nodes: this.nodes.pid,
      bench: process.pid,
    }
  }

  async stop(): Promise<void> {
    const left = [...this.#operators]
    for (const operator of left) operator.kill('SIGKILL')
    await Promise.all(left.map((operator) => operator.exited))
    await this.#observer?.stop()
    await this.nodes.stop()
    await this.client.close()
    await this.server.stop()
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

let built: string | undefined
/** The operator's bundle, as its image holds it. */
function bundle(): string {
  if (built !== undefined) return built
  built = join(root, 'build/bench-operator')
  execFileSync('hack/images/operator.d/bundle', [built], { cwd: root })
  return built
}

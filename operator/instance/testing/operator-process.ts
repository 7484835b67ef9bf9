import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { freePorts } from '../../../hack/apiserver/ports.ts'
import { type ApiServer, kubeconfigFor } from '../../../hack/apiserver/start.ts'
import type { HandleAnswer, HandleOrder } from './handle.ts'

const main = join(import.meta.dirname, '../../main.ts')
const handle = pathToFileURL(join(import.meta.dirname, 'handle.ts')).href

/** The operator as a process of its own, with leader election, as two of them run in a cluster. */
export class OperatorProcess {
  readonly #child: ChildProcess
  readonly #directory: string
  readonly #health: number
  readonly metricsPort: number
  /** The exit code; null when a signal ended it. */
  readonly exited: Promise<number | null>
  /** What it printed. */
  output = ''
  hasExited = false

  private constructor(child: ChildProcess, directory: string, ports: readonly [number, number]) {
    this.#child = child
    this.#directory = directory
    ;[this.#health, this.metricsPort] = ports
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        this.output += chunk
      })
    }
    this.exited = new Promise((resolve) => {
      child.on('exit', (code) => {
        this.hasExited = true
        rmSync(this.#directory, { recursive: true, force: true })
        resolve(code)
      })
    })
  }

  /**
   * @param at where it finds the API server; a tap, say
   * @param program what Node runs, with flags of its own
   */
  static async start(
    api: ApiServer,
    at: Pick<ApiServer, 'url' | 'ca'> = api,
    flags: readonly string[] = [],
    program: readonly string[] = ['--expose-gc', '--import', handle, main],
  ): Promise<OperatorProcess> {
    const directory = mkdtempSync(join(tmpdir(), 'ephemera-operator-'))
    const kubeconfig = join(directory, 'kubeconfig')
    writeFileSync(kubeconfig, kubeconfigFor(at.url, api.token, at.ca))
    const [health = 0, metrics = 0] = await freePorts(2)
    const ports = [`--health-port=${health}`, `--metrics-port=${metrics}`]
    const child = spawn(
      process.execPath,
      [...program, '--runner-image=ephemera/runner:test', ...ports, ...flags],
      { env: { ...process.env, KUBECONFIG: kubeconfig }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
    )
    return new OperatorProcess(child, directory, [health, metrics])
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  async isReady(): Promise<boolean> {
    return fetch(`http://127.0.0.1:${this.#health}/readyz`).then(
      (answer) => answer.ok,
      () => false,
    )
  }

  /** What it says of itself, by the name of the series with its labels. */
  async metrics(): Promise<Map<string, number>> {
    const text = await (await fetch(`http://127.0.0.1:${this.metricsPort}/metrics`)).text()
    return new Map(
      [...text.matchAll(/^([^#\s{]+(?:\{.*\})?) (\S+)$/gm)].map(([, series = '', value]) => [
        series,
        Number(value),
      ]),
    )
  }

  /** Keys that wait, or are worked on, or are to be looked at again. */
  async pending(): Promise<number> {
    const all = [...(await this.metrics())].filter(([series]) => series.startsWith('workqueue_depth{'))
    if (all.length === 0) throw new Error('there is no workqueue_depth among the metrics')
    return all.reduce((sum, [, depth]) => sum + depth, 0)
  }

  /** Whether its workers have begun. */
  get hasLed(): boolean {
    return this.output.includes('Workers start')
  }

  /** Holds the event loop up, as endless computing would. @returns lets it go on */
  holdUp(): () => void {
    const file = join(this.#directory, 'hold-up')
    writeFileSync(file, '')
    this.#child.send({ holdUpWhile: file } satisfies HandleOrder)
    return () => {
      if (existsSync(file)) rmSync(file)
    }
  }

  /** Bytes of the main thread's heap after a collection. */
  heap(): Promise<number> {
    return new Promise((resolve) => {
      this.#child.once('message', (answer: HandleAnswer) => resolve(answer.heap))
      this.#child.send({ ask: 'heap' } satisfies HandleOrder)
    })
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }
}

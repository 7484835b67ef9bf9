import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { layer, pushImage } from '../../runner/test/push.ts'
import { outputOf, run } from './run.ts'
import { waitFor } from './wait-for.ts'
import type { Workbench } from './workbench.ts'

const port = 5000
const config = [
  'version: 0.1',
  'log: {level: error}',
  'storage: {filesystem: {rootdirectory: /claims/registry}}',
  `http: {addr: ":${port}", secret: x}`,
].join('\n')

/** A registry server out of the distribution's package, on the workbench. It ends with it. */
export class Registry {
  /** HOST:PORT, as in an image's name. */
  readonly host: string

  private constructor(host: string) {
    this.host = host
  }

  static async start(workbench: Workbench): Promise<Registry> {
    const program = execFileSync(join(import.meta.dirname, '../../runner/test/registry'), {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    }).trim()
    await workbench.put(program, '/claims/docker-registry')
    await workbench.sh(`printf '%s\\n' '${config}' >/claims/registry.yml
      busybox chmod +x /claims/docker-registry
      /claims/docker-registry serve /claims/registry.yml >/claims/registry.log 2>&1 </dev/null &`)
    const host = `${await workbench.address()}:${port}`
    const answers = async () => (await run('curl', ['-s', '-f', `http://${host}/v2/`])).code === 0
    await waitFor('the registry to answer', 60, answers, Boolean).catch(async (error: Error) => {
      throw new Error(`${error.message}\n${await workbench.sh('tail -n 20 /claims/registry.log')}`)
    })
    return new Registry(host)
  }

  /** Stores a container image with this disk in it; gives the digest of its manifest. */
  push(name: string, disk: string): Promise<string> {
    const curl = (args: readonly string[], body?: Buffer) => {
      const data = body === undefined ? [] : ['--data-binary', '@-']
      return outputOf('curl', ['-sS', '-f', ...data, ...args], body === undefined ? {} : { input: body })
    }
    return pushImage(this.host, curl, name, [layer({ 'disk/disk.qcow2': disk })])
  }
}

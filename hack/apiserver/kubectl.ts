import { execFile, execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ApiServer } from './start.ts'

/** The directory with kubectl, helm, kube-apiserver and etcd: EPHEMERA_TOOLS, else what hack/tools/path builds. */
export function toolsDirectory(): string {
  const path = join(import.meta.dirname, '../tools/path')
  return process.env.EPHEMERA_TOOLS ?? execFileSync(path, { encoding: 'utf8' }).trim()
}

/** What kubectl prints, as the administrator. Rejects with what it says when it fails. */
export async function kubectl(server: ApiServer, ...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(join(toolsDirectory(), 'kubectl'), [...args], {
    env: { ...process.env, KUBECONFIG: server.kubeconfig },
  })
  return stdout
}

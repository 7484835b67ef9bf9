import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { toolsDirectory } from '../apiserver/kubectl.ts'
import type { ApiServer } from '../apiserver/start.ts'

/** The folder of the chart. */
export const chart = join(import.meta.dirname, '../../charts/ephemera')

/** What helm prints. Rejects with what it says when it fails. */
export async function helm(args: readonly string[], server?: ApiServer): Promise<string> {
  const home = join(import.meta.dirname, '../../build/helm')
  const { stdout } = await promisify(execFile)(join(toolsDirectory(), 'helm'), [...args], {
    maxBuffer: 16 * 1024 ** 2,
    env: {
      ...process.env,
      HELM_CACHE_HOME: home,
      HELM_CONFIG_HOME: home,
      HELM_DATA_HOME: home,
      KUBECONFIG: server?.kubeconfig ?? '',
    },
  })
  return stdout
}

/** The chart's objects as YAML, rendered without a cluster. */
export function render(...options: readonly string[]): Promise<string> {
  return helm(['template', 'ephemera', chart, '--namespace', 'ephemera-system', ...options])
}

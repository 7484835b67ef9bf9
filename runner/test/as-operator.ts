import { join } from 'node:path'
import type { Pod } from './pod.ts'

/** Runs a script of this folder among the pod's peers, with its address and key, as the operator would do it; gives the JSON that it prints. */
export async function asOperator<T>(pod: Pod, script: string, ...words: readonly string[]): Promise<T> {
  const file = join(import.meta.dirname, script)
  const { stdout, stderr } = await pod.inPeer(process.execPath, file, pod.address, pod.key, ...words)
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout) as T
}

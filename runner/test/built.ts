import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** Runs a script that builds something, unless it is built already; gives what it prints: where that is. What it says meanwhile goes to stderr. */
export function built(script: string): string {
  return execFileSync(script, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim()
}

/** The folder with the runner image's files, and what the tests need beside them. */
export const runnerRoot = (): string => built(join(import.meta.dirname, 'rootfs'))

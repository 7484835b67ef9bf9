import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Ran, run } from './run.ts'

/** A pair of SSH keys that lives as long as this process. */
export type SshKey = Readonly<{ file: string; publicKey: string }>

export function makeSshKey(): SshKey {
  const folder = mkdtempSync(join(tmpdir(), 'ephemera-e2e-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'key')
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'e2e', '-f', file])
  return { file, publicKey: readFileSync(`${file}.pub`, 'utf8').trim() }
}

/** Each VM is a stranger: a fresh one has another host key at an address that was seen before. */
const asStranger = [
  ['BatchMode', 'yes'],
  ['StrictHostKeyChecking', 'no'],
  ['UserKnownHostsFile', '/dev/null'],
  ['LogLevel', 'ERROR'],
  ['IdentitiesOnly', 'yes'],
  ['ConnectTimeout', '30'],
  // A guest that died takes its connections along without a word; one that is busy may be silent for long.
  ['ServerAliveInterval', '5'],
  ['ServerAliveCountMax', '12'],
].flatMap(([name, value]) => ['-o', `${name}=${value}`])

/** Runs a command in a guest, whatever comes of it. 255 is ssh's own failure. */
export function ssh(key: SshKey, address: string, command: string, user = 'root'): Promise<Ran> {
  return run('ssh', [...asStranger, '-i', key.file, `${user}@${address}`, command], { seconds: 240 })
}

/** The host key that a guest shows to anybody, as `type key`; empty when it shows none within `seconds`. */
export async function hostKey(address: string, seconds = 60): Promise<string> {
  const { stdout } = await run('ssh-keyscan', ['-T', String(seconds), '-t', 'ed25519', address])
  return stdout.trim().split(' ').slice(1).join(' ')
}

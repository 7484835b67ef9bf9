import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { peerAddress } from '../lab.ts'
import type { Pod } from '../pod.ts'

const port = 2049

/** A directory that a server among the pod's peers shares over NFS, version 3. */
export type Share = Readonly<{
  /** Where its files are on this machine. */
  folder: string
  /** The guest's kernel modules, for its stdin: base64 of a tar. */
  modules: string
  /** Unpacks these in the guest, which keeps them over a reboot. */
  unpack: string
  /** Mounts the share in the guest, at /srv/share. */
  mount: string
  stop: () => void
}>

/** Starts the server. Who mounts it may come earlier than it listens: the guest's kernel tries for two minutes. */
export function startShare(pod: Pod): Share {
  const kit = execFileSync(join(import.meta.dirname, 'kit'), {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  }).trim()
  const folder = join(pod.folder, 'share')
  mkdirSync(folder)
  const words = ['netns', 'exec', pod.peer, join(kit, 'nfs-server'), folder, `${peerAddress}:${port}`]
  const server = spawn('ip', words, { stdio: ['ignore', 'ignore', 'ignore'] })
  // busybox leaves all to the kernel, which wants the server's address among the options.
  const options = `vers=3,proto=tcp,nolock,port=${port},mountport=${port},mountproto=tcp,addr=${peerAddress}`
  return {
    folder,
    modules: readFileSync(join(kit, 'modules.tar')).toString('base64'),
    unpack: 'mkdir -p /root/nfs && base64 -d | tar -x -C /root/nfs && sync',
    mount: [
      'cd /root/nfs && while read -r one; do insmod $one; done <order',
      `mkdir -p /srv/share && mount -t nfs -o ${options} ${peerAddress}:/ /srv/share`,
    ].join('; '),
    stop: () => void server.kill(),
  }
}

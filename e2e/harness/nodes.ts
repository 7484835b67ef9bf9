import type { Node } from '../../operator/kube/object.ts'
import { nodes } from '../../operator/kube/resource.ts'
import { client } from './client.ts'
import { kubectl } from './kubectl.ts'
import { outputOf, run } from './run.ts'
import { waitFor } from './wait-for.ts'

/** Whether the nodes are containers of ours, as kind makes them: those of a cluster that was given cannot be stopped from here. */
export const nodesAreOurs = process.env.KIND_CLUSTER_NAME !== undefined

/** From now on nothing on the node runs, its kubelet included: to all others it is as one that lost its power. */
export const stopNode = (name: string): Promise<string> => outputOf('docker', ['pause', name])

/** The node goes on where it stood, and takes pods again. For one that was not stopped, nothing happens. */
export async function reviveNode(name: string): Promise<void> {
  await run('docker', ['unpause', name])
  await kubectl(['uncordon', name])
  await kubectl(['wait', '--for=condition=Ready', '--timeout=120s', `node/${name}`], { seconds: 130 })
  await waitFor(
    `node ${name} to be trusted again`,
    60,
    () => client.get(nodes, { name }),
    (node) => node.spec?.taints === undefined,
  )
}

/** When Kubernetes marked the node as one of which nothing is heard; undefined: it did not. */
export async function lostSince(name: string): Promise<Date | undefined> {
  const { spec }: Node = await client.get(nodes, { name })
  const taints: readonly { key: string; effect?: string; timeAdded?: string }[] = spec?.taints ?? []
  const found = taints.find(
    ({ key, effect }) => key === 'node.kubernetes.io/unreachable' && effect === 'NoExecute',
  )
  return found?.timeAdded === undefined ? undefined : new Date(found.timeAdded)
}

/** UIDs of the pods of which the node's kubelet still has anything: it forgets one when all of it has ended. */
export const podsOn = async (name: string): Promise<string[]> =>
  (await outputOf('docker', ['exec', name, 'ls', '/var/lib/kubelet/pods'])).split('\n')

/** The storage of a node where a PersistentVolume of ours lies: in memory, so that it can be made small. */
const roomOf = (name: string) => `/run/${name}`

/** A file system of 64 MiB on a node, and a volume on it with a claim of the same name. */
export async function makeRoom(
  target: Readonly<{ namespace: string; name: string }>,
  node: string,
): Promise<void> {
  const path = roomOf(target.name)
  const mount = `mkdir -p ${path} && mount -t tmpfs -o size=64m,mode=2777 tmpfs ${path}`
  await outputOf('docker', ['exec', node, 'sh', '-c', mount])
  const size = { storage: '64Mi' }
  const values = [node]
  const objects = [
    {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: target.name },
      spec: {
        accessModes: ['ReadWriteOnce'],
        capacity: size,
        storageClassName: '',
        claimRef: target,
        local: { path },
        nodeAffinity: {
          required: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values }] },
            ],
          },
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: target,
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: '',
        volumeName: target.name,
        resources: { requests: size },
      },
    },
  ]
  const input = objects.map((object) => JSON.stringify(object)).join('\n---\n')
  await kubectl(['apply', '-f', '-'], { input })
}

/** The file system grows or shrinks, to no less than what is in it. */
export const resizeRoom = (name: string, node: string, mebibytes: number): Promise<string> =>
  outputOf('docker', ['exec', node, 'mount', '-o', `remount,size=${mebibytes}m`, roomOf(name)])

/** Pods that have it still may go on with it until they end. */
export async function removeRoom(name: string, node: string): Promise<void> {
  await run('docker', ['exec', node, 'umount', '-l', roomOf(name)])
  await kubectl(['delete', 'pv', name, '--ignore-not-found', '--wait=false'])
}

/** Where the kubelet keeps the overlay of a VM, by the UID of its pod. */
const overlayOf = (podUid: string) =>
  `/var/lib/kubelet/pods/${podUid}/volumes/kubernetes.io~empty-dir/overlay`

/**
 * A file system of its own for the overlay of a VM, in memory, so that the node's disk need not be filled to fill it. The next
 * container of the pod has it: one that runs keeps what it has. The kubelet takes it away with the pod.
 */
export const giveOverlayRoom = (podUid: string, node: string, mebibytes: number): Promise<string> => {
  const options = `size=${mebibytes}m,mode=2777`
  return outputOf('docker', ['exec', node, 'mount', '-t', 'tmpfs', '-o', options, 'tmpfs', overlayOf(podUid)])
}

export const resizeOverlayRoom = (podUid: string, node: string, mebibytes: number): Promise<string> =>
  outputOf('docker', ['exec', node, 'mount', '-o', `remount,size=${mebibytes}m`, overlayOf(podUid)])

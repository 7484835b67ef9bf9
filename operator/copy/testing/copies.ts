import { labels } from '../../api/labels.ts'
import { create as createImage, reaches } from '../../image/testing/images.ts'
import type { Lab } from '../../instance/testing/lab.ts'
import { name as instanceName } from '../../instance/testing/paths.ts'
import type { World } from '../../instance/testing/world.ts'
import { persistentVolumeClaims, pods, secrets } from '../../kube/resource.ts'
import { recordOf } from '../record.ts'
import { FakeLocalStorage } from './local-storage.ts'

const storages = new WeakMap<World, FakeLocalStorage>()

/** The local disks of a world: asked for before its first pod. */
export function storageOf({ world }: Lab): FakeLocalStorage {
  const storage = storages.get(world) ?? new FakeLocalStorage(world)
  storages.set(world, storage)
  return storage
}

/** An image that is in a claim on the first node. */
export async function withImage(lab: Lab): Promise<void> {
  await createImage(lab)
  await reaches(lab, 'Ready')
}

export const boot = { image: 'debian' }

/** The copies in the namespace. */
export async function copiesIn(lab: Lab) {
  const { items } = await lab.client.list(persistentVolumeClaims, {
    namespace: lab.name,
    labelSelector: labels.copyOf,
  })
  return items
}

/** Worker pods and Secrets of copies. */
export async function copyWorkersIn(lab: Lab): Promise<string[]> {
  const here = { namespace: lab.name, labelSelector: labels.copyOf }
  const lists = await Promise.all([lab.client.list(pods, here), lab.client.list(secrets, here)])
  return lists.flatMap(({ items }) => items.map(({ kind, metadata }) => `${kind} ${metadata.name}`))
}

/** Where the VM came to be, and what there is of copies: without what differs from run to run. */
export async function print(lab: Lab) {
  const instance = await lab.get(instanceName)
  const claims = await copiesIn(lab)
  const nodes = await Promise.all(claims.map((claim) => storageOf(lab).nodeOf(claim)))
  const { phase, nodeName, restarts, conditions } = instance?.status ?? {}
  return {
    instance: instance === undefined ? 'gone' : { phase, nodeName, restarts },
    conditions: conditions?.map(({ type, status, reason }) => `${type} ${status} ${reason}`),
    copies: claims.map((claim, at) => {
      const { readyAt, unusedSince } = recordOf(claim) ?? {}
      return { node: nodes[at], isReady: readyAt !== undefined, isUsed: unusedSince === undefined }
    }),
    workers: await copyWorkersIn(lab),
  }
}

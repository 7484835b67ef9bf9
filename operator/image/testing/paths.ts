import type { Lab } from '../../instance/testing/lab.ts'
import type { ChangeOfMind, Path } from '../../instance/testing/paths.ts'
import { splitKey } from '../../kube/object.ts'
import { persistentVolumeClaims, pods } from '../../kube/resource.ts'
import {
  change,
  claim,
  content,
  create,
  get,
  isSettled,
  leftOvers,
  name,
  print,
  reaches,
  remove,
  type Spec,
  worker,
} from './images.ts'

const ready =
  (spec: Spec = {}) =>
  async (lab: Lab) => {
    await create(lab, spec)
    await reaches(lab, 'Ready')
  }

const isReady = (lab: Lab) => isSettled(lab, 'Ready')

/** Ready, from what the spec asks for now, and with that alone. */
const isReadyAnew = async (lab: Lab) =>
  (await isReady(lab)) &&
  (await get(lab))?.status?.claim === splitKey(await content(lab)).name &&
  (await leftOvers(lab)).length === 1

const isGone = async (lab: Lab) => (await get(lab)) === undefined && (await leftOvers(lab)).length === 0

const owner = (lab: Lab) => `${lab.name}/${name}`
const failing = (exitCode: number, reason: string) => ({ exitCode, reason, message: `It failed: ${reason}.` })

/** With a worker that runs and does not end. */
const atWork = async (lab: Lab) => {
  await create(lab)
  lab.world.kubelet.holdAt(await content(lab), 'running')
  await reaches(lab, 'Importing')
}
const loseWorker = async (lab: Lab) => {
  const pod = await worker(lab)
  lab.world.kubelet.holdAt(await content(lab), 'ready')
  if (pod !== undefined) await lab.client.delete(pods, { namespace: lab.name, name: pod.metadata.name })
}
/** As a StorageClass whose volumes can grow. */
async function resize(lab: Lab, storage: string): Promise<void> {
  const target = splitKey(await content(lab))
  const status = { capacity: { storage } }
  await lab.client.mergePatch(persistentVolumeClaims, target, { status }, { subresource: 'status' })
}
const other = { source: { http: { url: 'https://images.example.org/debian-14.qcow2' } } }

const ways: readonly Path[] = [
  { name: 'import', act: (lab) => create(lab), settled: isReady },
  {
    name: 'import from a claim',
    act: (lab) => create(lab, { source: { claim: { name: 'tiny' } } }),
    settled: isReady,
  },
  {
    name: 'fail for good',
    before: async (lab) => lab.world.kubelet.workers.plan(owner(lab), failing(2, 'DigestMismatch')),
    act: (lab) => create(lab),
    settled: (lab) => isSettled(lab, 'Failed', 'DigestMismatch'),
  },
  {
    name: 'fail once',
    before: async (lab) => lab.world.kubelet.workers.plan(owner(lab), failing(1, 'HTTPError')),
    act: (lab) => create(lab),
    settled: isReady,
  },
  {
    name: 'enlarge a claim without room',
    before: async (lab) => {
      const full = failing(1, 'NoSpace')
      lab.world.kubelet.workers.plan(owner(lab), full, full)
      // The worker is held until the claim has its size.
      await create(lab, { source: { claim: { name: 'later' } } })
      lab.world.kubelet.holdAt(await content(lab), 'bound')
      await lab.addClaim('later')
      await lab.until('the claim', () => claim(lab))
      await resize(lab, '1Gi')
      lab.world.kubelet.holdAt(await content(lab), 'ready')
      // A cache that lags may see the size only after the failure, and the claim as one that has grown.
      await lab.until('the size to be noted', async () => {
        const { lastFailure } = (await reaches(lab, 'Failed', 'NoSpace')).status?.import ?? {}
        return lastFailure?.claimSize === '1Gi'
      })
    },
    act: (lab) => {
      lab.world.kubelet.workers.plan(owner(lab))
      return resize(lab, '2Gi')
    },
    settled: isReady,
  },
  {
    name: 'correct the source',
    before: async (lab) => {
      lab.world.kubelet.workers.plan(owner(lab), failing(2, 'HTTPError'))
      await create(lab)
      await reaches(lab, 'Failed')
    },
    act: (lab) => change(lab, other),
    settled: isReadyAnew,
  },
  { name: 'change the source', before: ready(), act: (lab) => change(lab, other), settled: isReadyAnew },
  { name: 'lose the worker', before: atWork, act: loseWorker, settled: isReady },
  {
    name: 'wait for a claim',
    before: async (lab) => {
      await create(lab, { source: { claim: { name: 'later' } } })
      await reaches(lab, 'Pending', 'SourceNotFound')
    },
    act: (lab) => lab.addClaim('later'),
    settled: isReady,
  },
  {
    name: 'lose the claim',
    before: ready(),
    act: async (lab) => {
      const { name } = splitKey(await content(lab))
      await lab.client.delete(persistentVolumeClaims, { namespace: lab.name, name })
    },
    settled: async (lab) => (await isReadyAnew(lab)) && lab.world.kubelet.made(await content(lab)) > 1,
  },
  { name: 'delete', before: ready(), act: remove, settled: isGone },
  { name: 'delete at work', before: atWork, act: remove, settled: isGone },
]

/** Every path of the image controller. */
export const paths: readonly Path[] = ways.map((path) => ({ ...path, print }))

/** Paths that are left half-way for another one. */
export const changesOfMind: readonly ChangeOfMind[] = [
  {
    name: 'import, then delete',
    act: (lab) => create(lab),
    settled: isReady,
    change: remove,
    settledAfter: isGone,
  },
  {
    name: 'import, then change the source',
    act: (lab) => create(lab),
    settled: isReady,
    change: (lab) => change(lab, other),
    settledAfter: isReadyAnew,
  },
]

import { ephemeralInstances } from '../../api/types.ts'
import { isConflict, isNotFound } from '../../kube/errors.ts'
import type { KubeObject, Pod, Secret } from '../../kube/object.ts'
import { pods, type ResourceType, secrets } from '../../kube/resource.ts'
import type { Lab } from './lab.ts'

/** A neighbour with all rights and bad manners. What it means to harm may be gone already. */
export class Hostile {
  readonly #lab: Lab

  constructor(lab: Lab) {
    this.#lab = lab
  }

  deletePod = (name: string) => this.#remove(pods, name)
  deleteSecret = (name: string) => this.#remove(secrets, name)
  stripOwner = (name: string) => this.#spoil(pods, name, { metadata: { ownerReferences: null } })
  stripAnnotations = (name: string) => this.#spoil(pods, name, { metadata: { annotations: null } })
  stripLabels = (name: string) => this.#spoil(pods, name, { metadata: { labels: null } })
  stripAll = (name: string) =>
    this.#spoil(pods, name, { metadata: { labels: null, annotations: null, ownerReferences: null } })
  moveLabel = (name: string) =>
    this.#spoil(pods, name, { metadata: { labels: { 'ephemera.dev/instance': 'somebody-else' } } })
  stripOwnerOfSecret = (name: string) => this.#spoil(secrets, name, { metadata: { ownerReferences: null } })
  stripLabelsOfSecret = (name: string) => this.#spoil(secrets, name, { metadata: { labels: null } })
  editSecret = (name: string) => this.#spoil(secrets, name, { data: { psk: 'eA==', 'meta-data': null } })

  /** Somebody else's controller takes the pod for its own. */
  takePod = (name: string) =>
    this.#spoil(pods, name, {
      metadata: {
        ownerReferences: [
          { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'x', uid: 'uid-of-x', controller: true },
        ],
      },
    })

  wipeStatus = (name: string) => this.#spoilStatus(name, null)
  wipeConditions = (name: string) => this.#spoilStatus(name, { conditions: [] })
  lie = (name: string) =>
    this.#spoilStatus(name, {
      phase: 'Failed',
      podUID: 'none',
      restarts: 99,
      startedAt: '2020-01-01T00:00:00Z',
    })

  async #remove<T extends KubeObject>(type: ResourceType<T>, name: string): Promise<void> {
    await lenient(this.#lab.client.delete(type, this.#target(`${name}-vm`)))
  }

  async #spoil<T extends Pod | Secret>(type: ResourceType<T>, name: string, patch: object): Promise<void> {
    await lenient(this.#lab.client.mergePatch(type, this.#target(`${name}-vm`), patch))
  }

  async #spoilStatus(name: string, status: object | null): Promise<void> {
    const options = { subresource: 'status' }
    await lenient(this.#lab.client.mergePatch(ephemeralInstances, this.#target(name), { status }, options))
  }

  #target(name: string) {
    return { namespace: this.#lab.name, name }
  }
}

async function lenient(call: Promise<unknown>): Promise<void> {
  try {
    await call
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error
  }
}

import type { BaseImage } from '../api/base-image.ts'
import { group } from '../api/group.ts'
import { baseImages } from '../api/types.ts'
import type { KubeClient } from '../kube/client.ts'
import { objectKey } from '../kube/object.ts'
import { subjectAccessReviews } from '../kube/resource.ts'
import type { Copied } from './content.ts'

/** Names an image, whether it exists or not. */
export type ImageName = Readonly<{ namespace: string; name: string }>

/** The verb on baseimages that lets VMs of other namespaces boot them, and the ClusterRole of the chart that holds it. */
export const useVerb = 'use'
export const useRole = 'ephemera-image-user'

export type ImageAccessOptions = Readonly<{
  client: Pick<KubeClient, 'create'>
  now: () => Date
}>

/** For so long an answer is taken for true, in ms: nobody tells when somebody's rights change. */
const answerHoldsMs = 10_000

/**
 * Asks the API server whether a namespace may use images of another one. The question is asked for the group of its
 * service accounts: whoever may make VMs or pods there can act as one of them.
 */
export class ImageAccess {
  readonly #options: ImageAccessOptions
  readonly #answers = new Map<string, Readonly<{ isAllowed: boolean; until: number }>>()

  constructor(options: ImageAccessOptions) {
    this.#options = options
  }

  /** Whether RBAC lets the service accounts of `user` use the image. Throws KubeError where that cannot be found out. */
  async mayUse(image: ImageName, user: string, signal: AbortSignal): Promise<boolean> {
    const key = `${objectKey(image.namespace, image.name)} ${user}`
    const now = this.#options.now().getTime()
    const known = this.#answers.get(key)
    if (known !== undefined && now < known.until) return known.isAllowed
    const isAllowed = await this.#ask(image, user, signal)
    for (const [old, { until }] of this.#answers) if (until <= now) this.#answers.delete(old)
    this.#answers.set(key, { isAllowed, until: now + answerHoldsMs })
    return isAllowed
  }

  async #ask({ namespace, name }: ImageName, user: string, signal: AbortSignal): Promise<boolean> {
    const spec = {
      // Those of every service account of the namespace.
      groups: [accountsOf(user), 'system:serviceaccounts', 'system:authenticated'],
      resourceAttributes: { group, resource: baseImages.plural, verb: useVerb, namespace, name },
    }
    const review = { metadata: { name: '' }, spec }
    const { status } = await this.#options.client.create(subjectAccessReviews, review, { signal })
    return status?.allowed === true
  }
}

const accountsOf = (namespace: string): string => `system:serviceaccounts:${namespace}`

/** Whether an image lets VMs of other namespaces boot it at all. Snapshots stay in theirs. */
export const isForCluster = (image: Copied): image is BaseImage =>
  image.kind === 'BaseImage' && image.spec.visibility === 'Cluster'

/** Whether an image may be in a namespace: in its own, and in those that it and the cluster's RBAC both let have it. */
export async function mayHave(
  image: Copied,
  namespace: string,
  access: Pick<ImageAccess, 'mayUse'>,
  signal: AbortSignal,
): Promise<boolean> {
  const { namespace: home = '', name } = image.metadata
  if (home === namespace) return true
  return isForCluster(image) && (await access.mayUse({ namespace: home, name }, namespace, signal))
}

/** The command that lets a namespace use the images of another one, for whoever administers that. */
export const grantCommand = (imageNamespace: string, user: string): string =>
  `kubectl create rolebinding ${user}-uses-images --namespace ${imageNamespace} --clusterrole ${useRole} --group ${accountsOf(user)}`

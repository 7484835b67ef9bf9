import type { Intent, Pod, Secret } from '../../operator/kube/object.ts'

/** What a person would have to write without the operator. */
export type ByHand = Readonly<{ secret: Intent<Secret>; pod: Intent<Pod> }>

/**
 * The pod and Secret that the operator made, as if written by hand under another name: the same containers, volumes and
 * data, nobody's children, and without what the API server, the scheduler and the operator have put in.
 */
export function byHand(pod: Pod, secret: Secret, name: string): ByHand {
  const { namespace } = pod.metadata
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }), labels: { app: name } }
  const { nodeName: _, ...spec } = pod.spec
  const volumes = spec.volumes?.map((volume) =>
    volume.secret === undefined ? volume : { ...volume, secret: { ...volume.secret, secretName: name } },
  )
  return {
    secret: { metadata, type: 'Opaque', ...(secret.data === undefined ? {} : { data: secret.data }) },
    pod: { metadata, spec: { ...spec, ...(volumes === undefined ? {} : { volumes }) } },
  }
}

import type { Node } from './kube/object.ts'

/** A node with no more than controllers read: whether it is cordoned, and its taints. A thousand of them are half a megabyte. */
export function slimNode({ apiVersion, kind, metadata, spec }: Node): Node {
  const { name, uid, resourceVersion } = metadata
  const { unschedulable, taints } = spec ?? {}
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    spec: {
      ...(unschedulable === undefined ? {} : { unschedulable }),
      ...(taints === undefined ? {} : { taints: taints.map(({ key, effect }) => ({ key, effect })) }),
    },
  }
}

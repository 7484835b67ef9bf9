import type { Node } from './kube/object.ts'

/**
 * A node with no more than controllers read: whether it is cordoned, its taints, and what device plugins offer on it. A thousand of them
 * are half a megabyte.
 */
export function slimNode({ apiVersion, kind, metadata, spec, status }: Node): Node {
  const { name, uid, resourceVersion } = metadata
  const { unschedulable, taints } = spec ?? {}
  // Kubernetes' own resources have no slash in their names.
  const offered = Object.entries(status?.allocatable ?? {}).filter(([name]) => name.includes('/'))
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
    ...(offered.length === 0 ? {} : { status: { allocatable: Object.fromEntries(offered) } }),
  }
}
